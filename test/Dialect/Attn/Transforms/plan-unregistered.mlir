// RUN: attnc-opt %s --attn-plan=cpu=x86-64-v4 --allow-unregistered-dialect --verify-diagnostics

func.func @unregistered() {
  // expected-error @below {{'other.op' is not built yet for the cpu target}}
  "other.op"() : () -> ()
  return
}
