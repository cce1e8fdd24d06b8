use super::*;

fn clean(text: &str) -> String {
    Redactor::default().clean(text).to_string()
}

#[test]
fn a_jwt_becomes_a_numbered_token() {
    assert_eq!(clean("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl!"), "got ‹jwt:1›!");
}
