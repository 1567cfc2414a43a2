// What the GPU leaves undefined in the use of a ring, each once. Every kernel runs by itself.

// RUN: attnc-test-scheduled %s --verify-diagnostics
// RUN: attnc-test-scheduled %s --verify-diagnostics --seed=2
// RUN: attnc-test-scheduled %s --verify-diagnostics --seed=3

!io = !tile.buf<64x64xbf16, global>
!tile = !tile.buf<64x64xbf16, cache, 128>
!one = !tile.ring<1, !tile.buf<64x64xbf16, cache, 128>>
!two = !tile.ring<2, !tile.buf<64x64xbf16, cache, 128>>

// A stage is read only after a wait for it.
tile.kernel @before_wait(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %any = arith.constant dense<0.0> : tensor<64x64xf32>
  // expected-note@+1 {{stage 0 of this ring}}
  %ring = tile.ring : !one
  tile.roles producer registers 24 {
    %s0 = tile.acquire %ring[%c0] : !one
    tile.load_async %in[%c0, %c0] to %s0 : !io to !tile
    tile.commit %ring[%c0] : !one
  } consumers(%wg) 1 registers 240 {
    %t0 = tile.stage %ring[%c0] : !one
    // expected-error@+1 {{warpgroup 0 of block 0: reads use 0, which it has not waited for}}
    %xt0 = tile.load %t0[] : !tile -> tensor<64x64xbf16>
    %w = tile.wait %ring[%c0] : !one
    tile.release %ring[%c0] after %any : !one, tensor<64x64xf32>
  }
}

// And not after its release.
tile.kernel @after_release(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %any = arith.constant dense<0.0> : tensor<64x64xf32>
  // expected-note@+1 {{stage 0 of this ring is empty after use 0}}
  %ring = tile.ring : !one
  tile.roles producer registers 24 {
    %s0 = tile.acquire %ring[%c0] : !one
    tile.load_async %in[%c0, %c0] to %s0 : !io to !tile
    tile.commit %ring[%c0] : !one
  } consumers(%wg) 1 registers 240 {
    %t0 = tile.wait %ring[%c0] : !one
    tile.release %ring[%c0] after %any : !one, tensor<64x64xf32>
    // expected-error@+1 {{warpgroup 0 of block 0: reads use 0 after its release}}
    %xt0 = tile.load %t0[] : !tile -> tensor<64x64xbf16>
  }
}

// A warpgroup releases a use once.
tile.kernel @released_twice(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %any = arith.constant dense<0.0> : tensor<64x64xf32>
  // expected-note@+1 {{stage 0 of this ring is empty after use 0}}
  %ring = tile.ring : !one
  tile.roles producer registers 24 {
    %s0 = tile.acquire %ring[%c0] : !one
    tile.load_async %in[%c0, %c0] to %s0 : !io to !tile
    tile.commit %ring[%c0] : !one
  } consumers(%wg) 1 registers 240 {
    %t0 = tile.wait %ring[%c0] : !one
    tile.release %ring[%c0] after %any : !one, tensor<64x64xf32>
    // expected-error@+1 {{warpgroup 0 of block 0: releases use 0 twice}}
    tile.release %ring[%c0] after %any : !one, tensor<64x64xf32>
  }
}

// And only what it waited for.
tile.kernel @released_unread(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %any = arith.constant dense<0.0> : tensor<64x64xf32>
  // expected-note@+1 {{stage 0 of this ring}}
  %ring = tile.ring : !one
  tile.roles producer registers 24 {
    %s0 = tile.acquire %ring[%c0] : !one
    tile.load_async %in[%c0, %c0] to %s0 : !io to !tile
    tile.commit %ring[%c0] : !one
  } consumers(%wg) 1 registers 240 {
    // expected-error@+1 {{warpgroup 0 of block 0: releases use 0, which it has not waited for}}
    tile.release %ring[%c0] after %any : !one, tensor<64x64xf32>
  }
}

// A commit ends an acquire.
tile.kernel @commit_without_acquire(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  // expected-note@+1 {{stage 0 of this ring was never filled}}
  %ring = tile.ring : !one
  tile.roles producer registers 24 {
    // expected-error@+1 {{producer of block 0: commits use 0, which is not acquired}}
    tile.commit %ring[%c0] : !one
  } consumers(%wg) 1 registers 240 {
  }
}

// Copies come before the commit.
tile.kernel @load_after_commit(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  // expected-note@+1 {{stage 0 of this ring holds use 0, full}}
  %ring = tile.ring : !one
  tile.roles producer registers 24 {
    %s0 = tile.acquire %ring[%c0] : !one
    tile.commit %ring[%c0] : !one
    // expected-error@+1 {{producer of block 0: expected to load into a stage that is acquired and not committed, got use 0}}
    tile.load_async %in[%c0, %c0] to %s0 : !io to !tile
  } consumers(%wg) 1 registers 240 {
  }
}

// A stage is committed before its next use.
tile.kernel @acquired_twice(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-note@+1 {{stage 0 of this ring holds use 0, not committed}}
  %ring = tile.ring : !one
  tile.roles producer registers 24 {
    %s0 = tile.acquire %ring[%c0] : !one
    // expected-error@+1 {{producer of block 0: acquires use 1 before it commits use 0}}
    %s1 = tile.acquire %ring[%c1] : !one
  } consumers(%wg) 1 registers 240 {
  }
}

// Uses of a stage follow one another.
tile.kernel @skipped(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c2 = arith.constant 2 : index
  // expected-note@+1 {{stage 0 of this ring was never filled}}
  %ring = tile.ring : !two
  tile.roles producer registers 24 {
    // expected-error@+1 {{producer of block 0: expected to acquire use 0 next, got use 2}}
    %s2 = tile.acquire %ring[%c2] : !two
  } consumers(%wg) 1 registers 240 {
  }
}

// A barrier shows the parity of its phase: a wait two phases ahead would pass.
tile.kernel @parity(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c1 = arith.constant 1 : index
  // expected-note@+1 {{stage 0 of this ring}}
  %ring = tile.ring : !one
  tile.roles producer registers 24 {
  } consumers(%wg) 1 registers 240 {
    // expected-error@+1 {{warpgroup 0 of block 0: waits for use 1 before use 0 was full: their barrier knows a parity only}}
    %t1 = tile.wait %ring[%c1] : !one
  }
}

// A use is waited for before it is gone.
tile.kernel @gone(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %any = arith.constant dense<0.0> : tensor<64x64xf32>
  // expected-note@+1 {{stage 0 of this ring holds use 1, full}}
  %ring = tile.ring : !one
  tile.roles producer registers 24 {
    %s0 = tile.acquire %ring[%c0] : !one
    tile.load_async %in[%c0, %c0] to %s0 : !io to !tile
    tile.commit %ring[%c0] : !one
    %s1 = tile.acquire %ring[%c1] : !one
    tile.load_async %in[%c0, %c0] to %s1 : !io to !tile
    tile.commit %ring[%c1] : !one
  } consumers(%wg) 1 registers 240 {
    %t0 = tile.wait %ring[%c0] : !one
    tile.release %ring[%c0] after %any : !one, tensor<64x64xf32>
    %t1 = tile.wait %ring[%c1] : !one
    // expected-error@+1 {{warpgroup 0 of block 0: waits for use 0, which is gone}}
    %again = tile.wait %ring[%c0] : !one
  }
}

// Uses count from 0.
tile.kernel @negative(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %ring = tile.ring : !one
  tile.roles producer registers 24 {
  } consumers(%wg) 1 registers 240 {
    %n = arith.subi %c0, %c1 : index
    // expected-error@+1 {{warpgroup 0 of block 0: expected a use number, got -1}}
    %t = tile.wait %ring[%n] : !one
  }
}

// A release waits for the products that read the stage.
tile.kernel @released_in_flight(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %any = arith.constant dense<0.0> : tensor<64x64xf32>
  // expected-note@+1 {{stage 0 of this ring holds use 0, full}}
  %ring = tile.ring : !one
  tile.roles producer registers 24 {
    %s0 = tile.acquire %ring[%c0] : !one
    tile.load_async %in[%c0, %c0] to %s0 : !io to !tile
    tile.commit %ring[%c0] : !one
  } consumers(%wg) 1 registers 240 {
    %t0 = tile.wait %ring[%c0] : !one
    // expected-note@+1 {{by this op, in flight}}
    %p = tile.mma_async %t0, %t0 : !tile, !tile -> tensor<64x64xf32>
    // expected-error@+1 {{warpgroup 0 of block 0: releases use 0 while it is still being read}}
    tile.release %ring[%c0] after %any : !one, tensor<64x64xf32>
    %s = tile.mma_wait %p but 0 : !tile.pending<tensor<64x64xf32>>
  }
}

// Who does not hold a stage must not write it.
tile.kernel @written_unheld(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  // expected-note@+1 {{stage 0 of this ring}}
  %ring = tile.ring : !one
  tile.roles producer registers 24 {
    %s0 = tile.acquire %ring[%c0] : !one
    tile.load_async %in[%c0, %c0] to %s0 : !io to !tile
    tile.commit %ring[%c0] : !one
  } consumers(%wg) 1 registers 240 {
    %h = arith.constant dense<0.0> : tensor<64x64xbf16>
    %t0 = tile.stage %ring[%c0] : !one
    // expected-error@+1 {{warpgroup 0 of block 0: writes use 0, which it has not waited for}}
    tile.store %h, %t0[] : tensor<64x64xbf16>, !tile
  }
}

// An acquired stage is committed.
tile.kernel @never_committed(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  // expected-error@+1 {{block 0: use 0 was acquired and never committed}}
  %ring = tile.ring : !one
  tile.roles producer registers 24 {
    %s0 = tile.acquire %ring[%c0] : !one
  } consumers(%wg) 1 registers 240 {
  }
}

// A copy must not outlive its block.
tile.kernel @never_waited(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  // expected-error@+1 {{block 0: use 0 was loaded and not waited for by every warpgroup}}
  %ring = tile.ring : !one
  tile.roles producer registers 24 {
    %s0 = tile.acquire %ring[%c0] : !one
    tile.load_async %in[%c0, %c0] to %s0 : !io to !tile
    tile.commit %ring[%c0] : !one
  } consumers(%wg) 2 registers 240 {
    %is = arith.cmpi eq, %wg, %c0 : index
    scf.if %is {
      %t0 = tile.wait %ring[%c0] : !one
    }
  }
}

// Roles keep to their ops.
tile.kernel @consumer_acquires(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %ring = tile.ring : !one
  tile.roles producer registers 24 {
  } consumers(%wg) 1 registers 240 {
    // expected-error@+1 {{warpgroup 0 of block 0: expected in the producer}}
    %s0 = tile.acquire %ring[%c0] : !one
  }
}

tile.kernel @producer_waits(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %ring = tile.ring : !one
  tile.roles producer registers 24 {
    // expected-error@+1 {{producer of block 0: expected in a warpgroup that computes}}
    %t0 = tile.wait %ring[%c0] : !one
  } consumers(%wg) 1 registers 240 {
  }
}

// Before the roles nothing runs beside anything.
tile.kernel @set_up_waits(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %ring = tile.ring : !one
  // expected-error@+1 {{set-up of block 0: expected in a warpgroup that computes}}
  %t0 = tile.wait %ring[%c0] : !one
  tile.roles producer registers 24 {
  } consumers(%wg) 1 registers 240 {
  }
}

// Each role that is stuck tells where.
// expected-error@+1 {{deadlock: no role can go on}}
tile.kernel @deadlock(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %ring = tile.ring : !one
  tile.roles producer registers 24 {
    %s0 = tile.acquire %ring[%c0] : !one
    tile.load_async %in[%c0, %c0] to %s0 : !io to !tile
    tile.commit %ring[%c0] : !one
    // expected-note@+1 {{producer of block 0 waits for use 1 (stage 0 of 1) to be empty}}
    %s1 = tile.acquire %ring[%c1] : !one
  } consumers(%wg) 1 registers 240 {
    %t0 = tile.wait %ring[%c0] : !one
    // expected-note@+1 {{warpgroup 0 of block 0 waits for use 1 (stage 0 of 1) to be full}}
    %t1 = tile.wait %ring[%c1] : !one
  }
}
