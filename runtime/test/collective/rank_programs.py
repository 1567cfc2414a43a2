"""Starts the programs of the process tests and reads what they print."""

import os
import queue
import socket
import subprocess
import threading
import time

RANK = os.environ["COLLECTIVE_RANK"]
LAUNCH = os.environ["COLLECTIVE_LAUNCH"]
SLOW = os.environ.get("ATTNC_SLOW") == "1"
PEER_LOST, DEADLINE, DIVERGED = 16, 17, 18
#: How launchers tell a process its rank and the number of ranks.
NAMES = {
    "torchrun": ("RANK", "WORLD_SIZE"),
    "mpirun": ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    "srun": ("SLURM_PROCID", "SLURM_NTASKS"),
}


class Lines:
    """Lines of programs with the time at which they came."""

    def __init__(self):
        self._queue = queue.Queue()
        self.seen = []

    def follow(self, stream):
        def read():
            with stream:
                for line in stream:
                    self._queue.put((time.monotonic(), line.rstrip("\n")))

        threading.Thread(target=read, daemon=True).start()

    def wait_for(self, prefix, count, timeout):
        """The first `count` lines that start so, as (time, line)."""
        end = time.monotonic() + timeout
        while True:
            found = [each for each in self.seen if each[1].startswith(prefix)]
            if len(found) >= count:
                return found
            try:
                self.seen.append(self._queue.get(timeout=max(0, end - time.monotonic())))
            except queue.Empty:
                raise AssertionError(
                    f"expected {count} lines '{prefix}' in {timeout} s, got {self.seen}"
                ) from None


def start(command, lines, **environment):
    process = subprocess.Popen(
        [str(part) for part in command],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines.follow(process.stdout)
    return process


def launch(num_ranks, deadline_ms, mode, *arguments, grace_ms=20000, **environment):
    """Ranks of the backend `processes`."""
    lines = Lines()
    command = [LAUNCH, num_ranks, deadline_ms, grace_ms]
    command += [RANK, "processes", deadline_ms, mode, *arguments]
    return start(command, lines, **environment), lines


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start_ranks(num_ranks, *arguments, launcher="torchrun", sizes=None, leave_out=(), **environment):
    """Ranks as this launcher would start them, on their own; sizes: what each is told of their number."""
    lines, processes = Lines(), []
    port = str(free_port())
    rank_name, size_name = NAMES[launcher]
    for rank in range(num_ranks):
        if rank in leave_out:
            continue
        variables = {
            rank_name: str(rank),
            size_name: str(sizes[rank] if sizes else num_ranks),
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": port,
            **environment,
        }
        processes.append(start([RANK, *arguments], lines, **variables))
    return processes, lines


def pids(lines, num_ranks):
    """Process ids by rank, when all ranks are ready."""
    ready = lines.wait_for("ready ", num_ranks, 60)
    return {int(line.split()[1]): int(line.split()[2]) for _, line in ready}


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until_gone(process_ids, timeout):
    end = time.monotonic() + timeout
    while any(map(is_alive, process_ids)):
        assert time.monotonic() < end, f"left behind: {process_ids}"
        time.sleep(0.01)


def shared_memory():
    return sorted(os.listdir("/dev/shm"))
