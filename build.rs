//! Rebuilds the program when a rule is added: the embedded catalog only tracks files it knows.

fn main() {
    println!("cargo::rerun-if-changed=rules");
}
