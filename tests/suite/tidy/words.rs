//! What may not be written, in code and in names.

use super::source::{Blank, Token, blank, tokens};

/// Lines of code a file may have: neither blank nor only comment.
const CODE_LINES_MAX: usize = 500;

/// What the top level may hold, dotfiles and licences aside.
const TOP_LEVEL: [&str; 8] =
    ["Cargo.toml", "Cargo.lock", "src", "examples", "docs", "tests", "README.md", "CHANGELOG.md"];

/// tf-provider's functions that append a backtrace to the text a user reads.
const DIAGNOSTIC_FUNCTIONS: [&str; 5] = ["new", "root", "short", "root_short", "function"];
const DIAGNOSTICS_METHODS: [&str; 10] = [
    "error",
    "error_short",
    "root_error",
    "root_error_short",
    "warning",
    "warning_short",
    "root_warning",
    "root_warning_short",
    "function_error",
    "internal_error",
];

/// Places outside the repository, which a reader cannot open. Put together here, or this file would mention them.
const OUTSIDE: [&str; 3] =
    [concat!("..", "/shared"), concat!("/work", "/shared"), concat!("farm", "-studio")];

/// What one Rust file has in it that no Rust file may have.
pub(super) fn check_rust(file: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let tokens = tokens(text);
    for window in windows_of_five(&tokens) {
        let [a, b, c, d, e] = window.map(|token| token.map_or("", |token| token.text.as_str()));
        let fix = match (a, b, c) {
            ("todo" | "unimplemented", "!", _) => "write it, or leave the call out",
            ("unsafe", ..) => "there is no unsafe in this house: find a crate or another way",
            ("[", "ignore", "]" | "=") | (",", "ignore", ")" | "=") => {
                "no test is skipped: make it run, or delete it"
            }
            ("Diagnostic", "::", function)
                if file.starts_with("src/") && DIAGNOSTIC_FUNCTIONS.contains(&function) =>
            {
                "it appends a backtrace: write Diagnostic { summary, detail, attribute }"
            }
            // A method that takes nothing is not tf-provider's.
            (".", method, "(")
                if file.starts_with("src/")
                    && DIAGNOSTICS_METHODS.contains(&method)
                    && (d != ")" || method == "internal_error") =>
            {
                "it appends a backtrace: push Diagnostic { summary, detail, attribute } into errors or warnings"
            }
            _ => continue,
        };
        let line = window[0].map_or(0, |token| token.line);
        findings.push(format!("{file}:{line}: `{a}{b}{c}{d}{e}`: {fix}"));
    }
    let lines = code_lines(text);
    if lines > CODE_LINES_MAX {
        findings.push(format!(
            "{file}: {lines} lines of code, {CODE_LINES_MAX} at most: split it by what its parts are about"
        ));
    }
    findings
}

/// Every token with the four after it.
fn windows_of_five(tokens: &[Token]) -> impl Iterator<Item = [Option<&Token>; 5]> {
    (0..tokens.len()).map(|i| std::array::from_fn(|k| tokens.get(i + k)))
}

fn code_lines(text: &str) -> usize {
    blank(text, Blank::Comments).lines().filter(|line| !line.trim().is_empty()).count()
}

/// What is wrong with a file's place or name.
pub(super) fn check_name(file: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let top = file.split('/').next().unwrap_or_default();
    let allowed = TOP_LEVEL.contains(&top) || top.starts_with('.') || top.starts_with("LICENSE");
    if !allowed {
        findings.push(format!(
            "{file}: the top level is {}: put it into one of these",
            TOP_LEVEL.join(", ")
        ));
    }
    for part in file.split('/') {
        let stem = part.split('.').next().unwrap_or_default().to_ascii_lowercase();
        if matches!(stem.as_str(), "util" | "utils" | "common" | "helper" | "helpers" | "misc") {
            findings.push(format!("{file}: `{part}` says nothing: name it after what is in it"));
        }
    }
    findings
}

/// What any text file, Rust or not, may not mention.
pub(super) fn check_text(file: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for outside in OUTSIDE {
            if line.contains(outside) {
                findings.push(format!(
                    "{file}:{}: `{outside}` is outside the repository: write down here what a reader needs of it",
                    index + 1
                ));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::{CODE_LINES_MAX, OUTSIDE, check_name, check_rust, check_text};

    #[test]
    fn code_that_is_not_allowed_goes_red() {
        for code in [
            "fn f() { todo!() }",
            "fn f() { unimplemented!(\"later\") }",
            "unsafe fn f() {}",
            "#[ignore] fn f() {}",
            "#[ignore = \"slow\"] fn f() {}",
            "#[cfg_attr(windows, ignore)] fn f() {}",
            "fn f() { Diagnostic::new(a, b, c) }",
            "fn f() { tf_provider::Diagnostic::root_short(a) }",
            "fn f() { diags.error(a, b, c) }",
            "fn f() { diags\n    .root_error(a, b) }",
            "fn f() { diags.warning(a, b, c) }",
            "fn f() { diags.function_error(0, a) }",
            "fn f() { diags.internal_error() }",
        ] {
            assert_eq!(check_rust("src/a.rs", code).len(), 1, "{code}");
        }
    }

    #[test]
    fn code_that_is_allowed_stays_green() {
        for code in [
            "// todo!() unsafe #[ignore]",
            "const A: &str = \"todo!() unsafe #[ignore] diags.error(1)\";",
            "fn f(ignore: bool) { if ignore { answer.error() } }",
            "fn f() { diags.errors.push(Diagnostic { summary, detail, attribute }) }",
            "fn f() { Diagnostics::default() }",
        ] {
            assert_eq!(check_rust("src/a.rs", code), Vec::<String>::new(), "{code}");
        }
    }

    #[test]
    fn a_file_is_too_long_by_its_code_only() {
        let code = "fn f() {}\n".repeat(CODE_LINES_MAX);
        let not_code = "\n// a comment\n/* one\nmore */\n".repeat(CODE_LINES_MAX);
        assert!(check_rust("src/a.rs", &format!("{code}{not_code}")).is_empty());
        assert_eq!(check_rust("src/a.rs", &format!("{code}fn g() {{}}")).len(), 1);
    }

    #[test]
    fn names() {
        for bad in [
            "Makefile",
            "scripts/release.sh",
            "src/utils.rs",
            "src/api/common/mod.rs",
            "tests/suite/helpers.rs",
            "notes.md",
        ] {
            assert!(!check_name(bad).is_empty(), "{bad}");
        }
        for good in [
            "src/api/mod.rs",
            "LICENSE",
            "LICENSE-MIT",
            ".github/workflows/gate.yml",
            "docs/index.md",
            "README.md",
            "Cargo.lock",
        ] {
            assert_eq!(check_name(good), Vec::<String>::new(), "{good}");
        }
    }

    #[test]
    fn places_outside_go_red_in_any_text() {
        for outside in OUTSIDE {
            let text = format!("one\nsee {outside} for more");
            let findings = check_text("README.md", &text);
            assert!(findings[0].starts_with("README.md:2: "), "{findings:?}");
        }
        assert!(check_text("README.md", "shared state").is_empty());
    }
}
