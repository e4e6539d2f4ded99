//! Reads Rust source just well enough for the house rules: comments and strings blanked, tokens, paths.

/// What [`blank`] leaves out, line breaks excepted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Blank {
    Comments,
    CommentsAndStrings,
}

/// The text with comments (and the contents of strings and characters) turned into spaces; lines stay where they are.
pub(super) fn blank(text: &str, what: Blank) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut i = 0;
    while i < chars.len() {
        let (end, is_comment) = match literal_or_comment(&chars, i) {
            Some(found) => found,
            None => {
                out.push(chars[i]);
                i += 1;
                continue;
            }
        };
        let keep = !is_comment && what == Blank::Comments;
        for c in &chars[i..end] {
            out.push(if keep || *c == '\n' { *c } else { ' ' });
        }
        i = end;
    }
    out
}

/// The end of the comment, string or character that begins at `i`, and whether it is a comment.
fn literal_or_comment(chars: &[char], i: usize) -> Option<(usize, bool)> {
    let at = |j: usize| chars.get(j).copied().unwrap_or('\0');
    match (at(i), at(i + 1)) {
        ('/', '/') => {
            let length = chars[i..].iter().take_while(|c| **c != '\n').count();
            Some((i + length, true))
        }
        ('/', '*') => Some((block_comment_end(chars, i), true)),
        ('"', _) => Some((string_end(chars, i), false)),
        // A character, unless it is a lifetime.
        ('\'', '\\') => {
            let close = (i + 3..chars.len()).find(|j| chars[*j] == '\'');
            Some((close.map_or(chars.len(), |j| j + 1), false))
        }
        ('\'', _) if at(i + 2) == '\'' => Some((i + 3, false)),
        ('r', '"' | '#') if !follows_a_word(chars, i) => {
            let hashes = chars[i + 1..].iter().take_while(|c| **c == '#').count();
            let open = i + 1 + hashes;
            // `r#type` is a name.
            (at(open) == '"').then(|| (raw_string_end(chars, open, hashes), false))
        }
        _ => None,
    }
}

/// The `r` of a raw string follows nothing, or the `b` or `c` of its kind.
fn follows_a_word(chars: &[char], i: usize) -> bool {
    let word: String =
        chars[..i].iter().rev().take_while(|c| c.is_alphanumeric() || **c == '_').collect();
    !matches!(word.as_str(), "" | "b" | "c")
}

fn block_comment_end(chars: &[char], start: usize) -> usize {
    let (mut depth, mut i) = (0, start);
    while i + 1 < chars.len() {
        match (chars[i], chars[i + 1]) {
            ('/', '*') => {
                depth += 1;
                i += 2;
            }
            ('*', '/') if depth == 1 => return i + 2,
            ('*', '/') => {
                depth -= 1;
                i += 2;
            }
            _ => i += 1,
        }
    }
    chars.len()
}

fn string_end(chars: &[char], start: usize) -> usize {
    let mut i = start + 1;
    while i < chars.len() {
        match chars[i] {
            '\\' => i += 2,
            '"' => return i + 1,
            _ => i += 1,
        }
    }
    chars.len()
}

fn raw_string_end(chars: &[char], open: usize, hashes: usize) -> usize {
    (open + 1..chars.len())
        .find(|i| {
            chars[*i] == '"'
                && chars[i + 1..].len() >= hashes
                && chars[i + 1..=i + hashes].iter().all(|c| *c == '#')
        })
        .map_or(chars.len(), |i| i + 1 + hashes)
}

/// A word, `::`, or one other character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) line: usize,
}

impl Token {
    fn is_word(&self) -> bool {
        self.text.starts_with(|c: char| c.is_alphanumeric() || c == '_')
    }
}

/// The tokens of a text, comments and strings left out.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    for (index, line) in blank(text, Blank::CommentsAndStrings).lines().enumerate() {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            let length = match word {
                0 if rest.starts_with("::") => 2,
                0 => first.len_utf8(),
                _ => word,
            };
            tokens.push(Token { text: rest[..length].to_owned(), line: index + 1 });
            rest = rest[length..].trim_start();
        }
    }
    tokens
}

/// A path somewhere in the code: `["std", "env", "var"]`. `super`, `self` and the library's name are resolved to `crate`, which is the
/// library everywhere: a main's own items are under `main`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PathUse {
    pub(super) segments: Vec<String>,
    pub(super) line: usize,
}

/// Every path in the text of the file at `file` (relative to the repository), imported or inline; braces of imports are multiplied out.
pub(super) fn paths(file: &str, text: &str) -> Vec<PathUse> {
    let tokens = tokens(text);
    let token = |i: usize| tokens.get(i).map_or("", |token| token.text.as_str());
    let mut module = module_of(file);
    // Inline modules: the depth of braces at which each one ends.
    let mut inline_ends = Vec::new();
    let mut depth = 0_usize;
    let mut found = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        match token(i) {
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                if inline_ends.last() == Some(&depth) {
                    inline_ends.pop();
                    module.pop();
                }
            }
            "mod" if token(i + 2) == "{" => {
                module.push(token(i + 1).to_owned());
                inline_ends.push(depth);
            }
            _ if tokens[i].is_word() && (token(i + 1) == "::" || follows(&tokens, i, "use")) => {
                let (end, trees) = path_tree(&tokens, i, &[]);
                found.extend(trees.into_iter().map(|segments| PathUse {
                    segments: resolve(file, segments, &module),
                    line: tokens[i].line,
                }));
                i = end;
                continue;
            }
            _ => {}
        }
        i += 1;
    }
    found
}

fn follows(tokens: &[Token], i: usize, word: &str) -> bool {
    i > 0 && tokens[i - 1].text == word
}

/// The paths of the tree that begins at `i` with a word, and where it ends.
fn path_tree(tokens: &[Token], mut i: usize, prefix: &[String]) -> (usize, Vec<Vec<String>>) {
    let mut path = prefix.to_vec();
    loop {
        let Some(token) = tokens.get(i) else {
            return (i, vec![path]);
        };
        match token.text.as_str() {
            "{" => return braces(tokens, i + 1, &path),
            "*" => {
                path.push("*".to_owned());
                return (i + 1, vec![path]);
            }
            _ if token.is_word() => {
                path.push(token.text.clone());
                i += 1;
            }
            // `::<` of a generic call.
            _ => return (i, vec![path]),
        }
        match tokens.get(i) {
            Some(next) if next.text == "::" => i += 1,
            _ => return (i, vec![path]),
        }
    }
}

fn braces(tokens: &[Token], mut i: usize, prefix: &[String]) -> (usize, Vec<Vec<String>>) {
    let mut all = Vec::new();
    while let Some(token) = tokens.get(i) {
        match token.text.as_str() {
            "}" => return (i + 1, all),
            "," => i += 1,
            "as" => i += 2,
            _ if token.is_word() || token.text == "*" => {
                let (end, paths) = path_tree(tokens, i, prefix);
                all.extend(paths);
                i = end;
            }
            _ => i += 1,
        }
    }
    (i, all)
}

/// The module a file is: `["provider", "cmk_config", "wait"]`; empty for the roots of crates.
pub(super) fn module_of(file: &str) -> Vec<String> {
    let Some(inside) = file.strip_prefix("src/").and_then(|f| f.strip_suffix(".rs")) else {
        return Vec::new();
    };
    if matches!(inside, "lib" | "main") || inside.starts_with("bin/") {
        return Vec::new();
    }
    let inside = inside.strip_suffix("/mod").unwrap_or(inside);
    inside.split('/').map(str::to_owned).collect()
}

fn resolve(file: &str, segments: Vec<String>, module: &[String]) -> Vec<String> {
    let is_main = file == "src/main.rs" || file.starts_with("src/bin/");
    let root = match segments.first().map(String::as_str) {
        Some("crate" | "self" | "super") if is_main => "main",
        _ => "crate",
    };
    let mut base = match segments.first().map(String::as_str) {
        Some("crate" | "terraform_provider_aep") => Vec::new(),
        Some("self" | "super") => module.to_vec(),
        _ => return segments,
    };
    let mut rest = segments.into_iter().peekable();
    while let Some(segment) = rest
        .next_if(|s| matches!(s.as_str(), "crate" | "terraform_provider_aep" | "self" | "super"))
    {
        if segment == "super" {
            base.pop();
        }
    }
    std::iter::once(root.to_owned()).chain(base).chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::{Blank, blank, paths};

    #[test]
    fn comments_and_strings_are_blanked_and_lines_stay() {
        let text = "a /* b /* c */ d\n */ e // f\n\"g \\\" h\" r#\"i \" j\"# b'k' '\\'' 'l' <'m> r#n br\"o\"";
        let code = blank(text, Blank::CommentsAndStrings);
        let words: Vec<&str> = code.split_whitespace().collect();
        assert_eq!(words, ["a", "e", "b", "<'m>", "r#n", "b"]);
        assert_eq!(code.lines().count(), 3);
        let code = blank(text, Blank::Comments);
        assert!(code.contains("g \\\" h") && !code.contains('c') && !code.contains('f'));
    }

    fn found(file: &str, text: &str) -> Vec<String> {
        let paths = paths(file, text);
        paths.iter().map(|path| path.segments.join("::")).collect()
    }

    #[test]
    fn paths_are_found_wherever_they_hide() {
        for (case, file, text, expected) in [
            (
                "nested import with a rename and a star",
                "src/a/b.rs",
                "use crate::{x::{self, Y as Z}, w::*, v};",
                vec!["crate::x::self", "crate::x::Y", "crate::w::*", "crate::v"],
            ),
            ("super from a file", "src/a/b.rs", "use super::super::c::D;", vec!["crate::c::D"]),
            ("super from the file of a folder", "src/a/mod.rs", "use super::c;", vec!["crate::c"]),
            (
                "super from an inline module, and after it",
                "src/a/b.rs",
                "mod tests { use super::C; fn f() {} } use super::D;",
                vec!["crate::a::b::C", "crate::a::D"],
            ),
            (
                "inline, in a signature and in a generic call",
                "src/a.rs",
                "fn f(x: crate::b::X) { g::<super::c::Y>(self::d::e()) }",
                vec!["crate::b::X", "g", "crate::c::Y", "crate::a::d::e"],
            ),
            (
                "the crate by its name",
                "src/main.rs",
                "use terraform_provider_aep::a::B;",
                vec!["crate::a::B"],
            ),
            (
                "a main's own items",
                "src/bin/b.rs",
                "mod tests { use super::*; use crate::a; use terraform_provider_aep::c; }",
                vec!["main::*", "main::a", "crate::c"],
            ),
            (
                "a crate alone, and one from the root",
                "src/a.rs",
                "use reqwest; fn f() { ::std::env::var(0) }",
                vec!["reqwest", "std::env::var"],
            ),
            (
                "not in comments and strings",
                "src/a.rs",
                "// crate::b\nconst X: &str = \"crate::c\";",
                vec![],
            ),
        ] {
            assert_eq!(found(file, text), expected, "{case}");
        }
    }
}
