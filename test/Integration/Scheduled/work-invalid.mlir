// Named barriers and the scheduler: each error once.

// RUN: attnc-test-scheduled %s --verify-diagnostics --seconds=1
// RUN: attnc-test-scheduled %s --verify-diagnostics --seconds=1 --seed=2

!io = !tile.buf<1xf32, global>

// Who arrives twice in one phase stands for two.
tile.kernel @arrives_twice(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %b = tile.barrier : !tile.barrier<1 x 384>
  tile.roles producer registers 24 {
  } consumers(%wg) 1 registers 240 {
    tile.arrive %b[%c0] : !tile.barrier<1 x 384>
    // expected-error@+1 {{warpgroup 0 of block 0: arrives twice in one phase of barrier 0}}
    tile.arrive %b[%c0] : !tile.barrier<1 x 384>
  }
}

// A barrier has as many threads as arrive.
tile.kernel @too_many(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  // expected-note@+1 {{this barrier}}
  %b = tile.barrier : !tile.barrier<1 x 192>
  tile.roles producer registers 24 {
  } consumers(%wg) 2 registers 240 {
    // expected-error-re@+1 {{warpgroup {{[01]}} of block 0: expected at most 192 threads to arrive at barrier 0, got 256}}
    tile.arrive %b[%c0] : !tile.barrier<1 x 192>
  }
}

tile.kernel @no_such_barrier(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c2 = arith.constant 2 : index
  %b = tile.barrier : !tile.barrier<2 x 128>
  tile.roles producer registers 24 {
  } consumers(%wg) 1 registers 240 {
    // expected-error@+1 {{warpgroup 0 of block 0: expected one of 2 barriers, got number 2}}
    tile.sync %b[%c2] : !tile.barrier<2 x 128>
  }
}

// A barrier counts warps, the producer is one thread.
tile.kernel @producer_syncs(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %b = tile.barrier : !tile.barrier<1 x 128>
  tile.roles producer registers 24 {
    // expected-error@+1 {{producer of block 0: expected in a warpgroup that computes}}
    tile.sync %b[%c0] : !tile.barrier<1 x 128>
  } consumers(%wg) 1 registers 240 {
  }
}

// expected-error@+1 {{deadlock: no role can go on}}
tile.kernel @nobody_comes(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %b = tile.barrier : !tile.barrier<1 x 256>
  tile.roles producer registers 24 {
  } consumers(%wg) 1 registers 240 {
    // expected-note@+1 {{warpgroup 0 of block 0 waits for barrier 0, where 128 of 256 threads have arrived}}
    tile.sync %b[%c0] : !tile.barrier<1 x 256>
  }
}

// The next launch begins with a counter of zero.
// expected-error@+1 {{expected the scheduler's counter to be zero at the end, got 1 and 0}}
tile.kernel @not_finished(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c1 = arith.constant 1 : index
  %s = tile.scheduler %c1 group %c1 dynamic : !tile.scheduler<1>
  tile.roles producer registers 24 {
    %first = tile.take_work %s : !tile.scheduler<1>
    %next = tile.take_work %s after %first : !tile.scheduler<1>
  } consumers(%wg) 1 registers 240 {
  }
}

tile.kernel @empty_group(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %s = tile.scheduler %c1 group %c0 : !tile.scheduler<1>
  tile.roles producer registers 24 {
    %first = tile.take_work %s : !tile.scheduler<1>
    // expected-error@+1 {{producer of block 0: expected groups of at least 1, got 0}}
    %exists, %id = tile.work_ids %s[%first] : !tile.scheduler<1> -> index
  } consumers(%wg) 1 registers 240 {
  }
}

// Work is taken once for the block.
tile.kernel @consumer_takes(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c1 = arith.constant 1 : index
  %s = tile.scheduler %c1 group %c1 : !tile.scheduler<1>
  tile.roles producer registers 24 {
  } consumers(%wg) 1 registers 240 {
    // expected-error@+1 {{warpgroup 0 of block 0: expected in the producer}}
    %first = tile.take_work %s : !tile.scheduler<1>
  }
}

// Nothing runs for ever.
tile.kernel @endless(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %true = arith.constant true
  // expected-error@+1 {{warpgroup 0 of block 0: expected the kernel to end within 1 s}}
  scf.while : () -> () {
    scf.condition(%true)
  } do {
    scf.yield
  }
}
