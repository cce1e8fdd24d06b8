//! Prints pytest's failure representation (`longrepr`) the way pytest prints it.

use serde_json::Value;

use super::json_stream::text;

/// Error line and traceback of a `longrepr` as `pytest-reportlog` serialises it: a text, or the parts of
/// `_pytest._code.code.ExceptionChainRepr`.
pub(super) fn render(longrepr: &Value) -> (String, String) {
    match longrepr {
        Value::String(printed) => (String::new(), printed.clone()),
        Value::Object(_) => {
            let message = longrepr.get("reprcrash").map(|crash| text(crash, "message")).unwrap_or_default();
            (message.to_owned(), chain(longrepr))
        }
        _ => (String::new(), String::new()),
    }
}

fn chain(longrepr: &Value) -> String {
    let mut lines = Vec::new();
    match longrepr.get("chain").and_then(Value::as_array).filter(|links| !links.is_empty()) {
        Some(links) => {
            for link in links {
                traceback(link.get(0).unwrap_or(&Value::Null), &mut lines);
                if let Some(joint) = link.get(2).and_then(Value::as_str) {
                    lines.extend([String::new(), joint.to_owned()]);
                }
            }
        }
        None => traceback(longrepr.get("reprtraceback").unwrap_or(&Value::Null), &mut lines),
    }
    lines.join("\n")
}

fn traceback(traceback: &Value, lines: &mut Vec<String>) {
    let entries = traceback.get("reprentries").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for (place, item) in entries.iter().enumerate() {
        let long = text(item.get("data").unwrap_or(&Value::Null), "style") == "long";
        if long && place > 0 {
            lines.extend([String::new(), "_ ".repeat(40).trim_end().to_owned(), String::new()]);
        }
        entry(item.get("data").unwrap_or(&Value::Null), long, lines);
    }
    if let Some(extra) = traceback.get("extraline").and_then(Value::as_str) {
        lines.push(extra.to_owned());
    }
}

fn entry(data: &Value, long: bool, lines: &mut Vec<String>) {
    let own = data.get("lines").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let own = own.iter().filter_map(Value::as_str).map(str::to_owned);
    let place = data.get("reprfileloc").filter(|place| place.is_object()).map(|place| {
        let line = place.get("lineno").and_then(Value::as_u64).unwrap_or_default();
        let message = text(place, "message").lines().next().unwrap_or_default();
        format!("{}:{line}: {message}", text(place, "path"))
    });
    if long {
        lines.extend(own);
        lines.extend(place.into_iter().flat_map(|place| [String::new(), place]));
    } else {
        lines.extend(place);
        lines.extend(own);
    }
}
