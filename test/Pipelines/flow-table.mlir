// The README's flow table is what runs.
// RUN: %python %S/Inputs/check_flow_table.py %S/../../README.md attnc-opt %s
module {
}
