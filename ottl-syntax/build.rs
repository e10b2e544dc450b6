//! Generates the parser tables from `grammar/ottl.lalrpop`.

use std::env;

fn main() {
    let grammar = "../grammar";
    println!("cargo::rerun-if-changed={grammar}/ottl.lalrpop");
    let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR for build scripts");
    lalrpop::Configuration::new()
        .set_in_dir(grammar)
        .set_out_dir(out)
        .process()
        .expect("grammar/ottl.lalrpop is a valid grammar");
}
