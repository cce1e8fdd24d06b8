//! Gives one test the same identity in whatever format it is written.

/// Who a test is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    /// The id that people use to run it again.
    pub(super) id: String,
    /// The last part of the id.
    pub(super) name: String,
    /// Equal for one test in all formats; two tests may share it (see `scope`).
    pub(super) key: String,
    /// Tells tests of one key apart within one format: the file, where the key does not hold it.
    pub(super) scope: String,
    /// The format states the id; it was not put together from parts.
    pub(super) stated: bool,
}

/// Stands between the parts of a key; no test name holds it.
const BETWEEN: &str = "\u{1f}";

/// By whom a JUnit file was written, as far as ids depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Writer {
    Pytest,
    Nextest,
    Jest,
    Gotestsum,
    #[default]
    Other,
}

/// pytest's node id, `tests/test_x.py::TestX::test_y[p]`; the key is what pytest's JUnit writer makes of it
/// (`mangle_test_address` in `_pytest/junitxml.py`).
pub(super) fn of_nodeid(nodeid: &str) -> Identity {
    let (address, parameters) = nodeid.find('[').map_or((nodeid, ""), |at| nodeid.split_at(at));
    let (file, rest) = address.split_once("::").map_or((address, None), |(file, rest)| (file, Some(rest)));
    let module = file.replace('/', ".");
    let module = module.strip_suffix(".py").unwrap_or(&module);
    let mut names: Vec<&str> = vec![module];
    names.extend(rest.iter().flat_map(|rest| rest.split("::")));
    let last = names.pop().unwrap_or_default();
    let name = if rest.is_some() { format!("{last}{parameters}") } else { nodeid.to_owned() };
    let key = [names.join("."), format!("{last}{parameters}")].join(BETWEEN);
    Identity { id: nodeid.to_owned(), name, key, scope: String::new(), stated: true }
}

/// A test case of JUnit XML. `suite` is the name of its suite and its number in the file.
pub(super) fn of_junit(writer: Writer, suite: (&str, usize), classname: &str, name: &str, file: &str) -> Identity {
    let (classname, name) = (classname.trim(), name.trim());
    let key = [classname, name].join(BETWEEN);
    let looks_like_pytest = name.starts_with("test") && !classname.contains('/') && python_module(classname).is_some();
    if writer == Writer::Pytest || file.ends_with(".py") || looks_like_pytest {
        let id = pytest_id(classname, name, file);
        let last = if classname.is_empty() { id.clone() } else { name.to_owned() };
        return Identity { id, name: last, key, scope: String::new(), stated: file.ends_with(".py") };
    }
    let derived = |id: String, name: &str, parts: Vec<&str>| Identity {
        id,
        name: name.to_owned(),
        key: parts.join(BETWEEN),
        scope: if writer == Writer::Jest { suite.1.to_string() } else { suite.0.to_owned() },
        stated: false,
    };
    if matches!(name, "[build failed]" | "[setup failed]") {
        // go-junit-report: a package that did not build.
        return of_go(classname, "");
    }
    if writer == Writer::Nextest {
        let last = name.rsplit("::").next().unwrap_or(name);
        return derived(format!("{classname} {name}"), last, vec![classname, name]);
    }
    if classname == "Test suite failed to run" || classname == name || (writer == Writer::Jest && name.starts_with(classname)) {
        return derived(name.to_owned(), name, vec![name]);
    }
    if name.contains(" › ") || classname.contains(".spec.") || classname.contains(".test.") {
        let mut parts: Vec<&str> = vec![classname];
        parts.extend(name.split(" › "));
        let last = parts.last().copied().unwrap_or_default();
        return derived(parts.join(" › "), last, parts);
    }
    match (classname, suite.0) {
        ("", "") => derived(name.to_owned(), name, vec![name]),
        ("", suite) => derived(format!("{suite} › {name}"), name, vec![suite, name]),
        _ => derived(format!("{classname}.{name}"), name, vec![classname, name]),
    }
}

/// The node id that pytest's `classname` and `name` were made from, as far as it can be told.
fn pytest_id(classname: &str, name: &str, file: &str) -> String {
    if file.ends_with(".py") {
        let module = file.replace('/', ".");
        let module = module.strip_suffix(".py").unwrap_or(&module);
        let classes = classname.strip_prefix(module).unwrap_or_default().trim_start_matches('.');
        let classes = classes.split('.').filter(|class| !class.is_empty());
        return std::iter::once(file).chain(classes).chain([name]).collect::<Vec<_>>().join("::");
    }
    if classname.is_empty() {
        // A module that could not be collected: its dotted name is all there is.
        return python_module(name).map_or_else(|| name.to_owned(), |(module, _)| format!("{}.py", module.replace('.', "/")));
    }
    match python_module(classname) {
        Some((module, classes)) => {
            let classes = classes.split('.').filter(|class| !class.is_empty());
            let file = format!("{}.py", module.replace('.', "/"));
            std::iter::once(file.as_str()).chain(classes).chain([name]).collect::<Vec<_>>().join("::")
        }
        None => format!("{classname}::{name}"),
    }
}

/// Splits `tests.test_x.TestX` into the module and the classes, where the module is named as pytest wants it.
fn python_module(dotted: &str) -> Option<(&str, &str)> {
    let mut end = 0;
    for part in dotted.split('.') {
        if part.starts_with(|c: char| c.is_ascii_uppercase()) {
            break;
        }
        end += part.len() + 1;
    }
    let module = dotted.get(..end.saturating_sub(1))?;
    let last = module.rsplit('.').next()?;
    let classes = dotted.get(end..).unwrap_or_default();
    (last.starts_with("test_") || last.ends_with("_test")).then_some((module, classes))
}

/// A Go test, named as `go doc` names things: `example.com/shop.TestPrice/apple`.
pub(super) fn of_go(package: &str, test: &str) -> Identity {
    let key = [package, test].join(BETWEEN);
    let id = if test.is_empty() { package.to_owned() } else { format!("{package}.{test}") };
    let name = if test.is_empty() { package } else { test }.to_owned();
    Identity { id, name, key, scope: String::new(), stated: true }
}

/// A test of a CTRF report; `suite` holds the parts of its suite, file first.
pub(super) fn of_ctrf(tool: &str, suite: &[String], name: &str, file: &str) -> Identity {
    let name = name.trim();
    if name.contains("::") && name.contains(".py") {
        return of_nodeid(name);
    }
    let scope = file.to_owned();
    if tool == "jest" {
        // Jest's names hold the names of the `describe` blocks already.
        let id = suite.first().map_or_else(|| name.to_owned(), |file| format!("{file} › {name}"));
        return Identity { id, name: name.to_owned(), key: name.to_owned(), scope, stated: true };
    }
    let parts: Vec<&str> = suite.iter().map(String::as_str).chain([name]).collect();
    Identity { id: parts.join(" › "), name: name.to_owned(), key: parts.join(BETWEEN), scope, stated: !suite.is_empty() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pytest_ids_and_junit_names_meet() {
        for (nodeid, classname, name) in [
            ("tests/e2e/x_test.py::TestC::test_y[p]", "tests.e2e.x_test.TestC", "test_y[p]"),
            ("tests/test_x.py::test_y[a::b[c]/d.py]", "tests.test_x", "test_y[a::b[c]/d.py]"),
            ("test_x.py::TestA::TestB::test_y", "test_x.TestA.TestB", "test_y"),
            ("tests/test_broken.py", "", "tests.test_broken"),
        ] {
            let (stated, derived) = (of_nodeid(nodeid), of_junit(Writer::Pytest, ("pytest", 0), classname, name, ""));
            assert_eq!((&stated.key, &stated.id, &stated.name), (&derived.key, &derived.id, &derived.name), "{nodeid}");
        }
        let doctest = of_junit(Writer::Pytest, ("pytest", 0), "tests.readme.txt", "readme.txt", "");
        assert_eq!(of_nodeid("tests/readme.txt::readme.txt").key, doctest.key);
        assert_eq!(doctest.id, "tests.readme.txt::readme.txt");
    }

    #[test]
    fn a_file_attribute_is_better_than_a_guess() {
        let got = of_junit(Writer::Other, ("custom", 0), "checks.shop.Cart", "adds", "checks/shop.py");
        assert_eq!((got.id.as_str(), got.stated), ("checks/shop.py::Cart::adds", true));
    }

    #[test]
    fn playwright_has_one_id_in_junit_and_ctrf() {
        let junit = of_junit(Writer::Other, ("shop.spec.ts", 0), "shop.spec.ts", "shop › health", "");
        let ctrf = of_ctrf("playwright", &["shop.spec.ts".into(), "shop".into()], "health", "/app/shop.spec.ts");
        assert_eq!((junit.id.as_str(), &junit.key, &junit.name), ("shop.spec.ts › shop › health", &ctrf.key, &ctrf.name));
        assert_eq!(junit.id, ctrf.id);
    }
}
