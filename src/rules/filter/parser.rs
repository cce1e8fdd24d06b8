//! Tokens as a tree: `NOT` before `OR` before `AND`, juxtaposition is `AND`.

use super::compare::{Operand, fold, severity_names};
use super::field::{Field, Type};
use super::lexer::{self, Op, Part, Token, TokenKind};
use super::search::Terms;
use super::{Comparison, FilterError, Net, Node, re2};
use crate::rules::problem::nearest;

/// Deeper parentheses than this are refused.
const DEEPEST: usize = 100;

const LOCAL_FUNCTIONS: &[&str] = &["log_id", "source", "ip_in_net", "SEARCH"];
const SERVER_FUNCTIONS: &[&str] = &["sample", "cast", "regexp_extract"];

/// Parses a query.
pub(super) fn parse(text: &str) -> Result<Node, FilterError> {
    let mut parser = Parser { text, tokens: lexer::tokens(text)?, next: 0, depth: 0 };
    if parser.tokens.is_empty() {
        return Ok(Node::Everything);
    }
    let node = parser.expression()?;
    match parser.peek() {
        None => Ok(node),
        Some(token) => {
            let at = token.at;
            Err(parser.wrong(at, "this does not belong here", "check the parentheses"))
        }
    }
}

struct Parser<'q> {
    text: &'q str,
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
}

impl<'q> Parser<'q> {
    fn wrong(&self, at: usize, message: impl Into<String>, help: &str) -> FilterError {
        FilterError::new(self.text, at, message, help)
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next)
    }

    fn kind(&self) -> Option<&TokenKind> {
        self.peek().map(|token| &token.kind)
    }

    fn take(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.next).cloned();
        self.next += usize::from(token.is_some());
        token
    }

    /// Where the next token begins, or the query ends.
    fn place(&self) -> usize {
        self.peek().map_or(self.text.len(), |token| token.at)
    }

    fn keyword(&self) -> Option<&str> {
        match self.kind() {
            Some(TokenKind::Text(parts)) => match parts.as_slice() {
                [Part { text, quoted: false }] if matches!(text.as_str(), "AND" | "OR" | "NOT") => Some(text),
                _ => None,
            },
            _ => None,
        }
    }

    fn accept(&mut self, keyword: &str) -> bool {
        let found = self.keyword() == Some(keyword);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, kind: &TokenKind, message: &str) -> Result<Token, FilterError> {
        match self.take() {
            Some(token) if token.kind == *kind => Ok(token),
            found => {
                let at = found.map_or(self.text.len(), |token| token.at);
                Err(self.wrong(at, message, "check the parentheses"))
            }
        }
    }

    fn deeper<T>(&mut self, inside: impl FnOnce(&mut Self) -> Result<T, FilterError>) -> Result<T, FilterError> {
        if self.depth == DEEPEST {
            return Err(self.wrong(self.place(), format!("parentheses nested deeper than {DEEPEST}"), "make the query simpler"));
        }
        self.depth += 1;
        let inside = inside(self);
        self.depth -= 1;
        inside
    }

    fn expression(&mut self) -> Result<Node, FilterError> {
        let mut parts = vec![self.factor()?];
        loop {
            if self.accept("AND") {
                parts.push(self.factor()?);
            } else if matches!(self.kind(), None | Some(TokenKind::Close | TokenKind::Comma)) {
                return Ok(one_or(parts, Node::And));
            } else {
                parts.push(self.factor()?);
            }
        }
    }

    fn factor(&mut self) -> Result<Node, FilterError> {
        let mut parts = vec![self.term()?];
        while self.accept("OR") {
            parts.push(self.term()?);
        }
        Ok(one_or(parts, Node::Or))
    }

    fn term(&mut self) -> Result<Node, FilterError> {
        let negated = if self.accept("NOT") {
            true
        } else if self.kind() == Some(&TokenKind::Minus) {
            self.next += 1;
            true
        } else {
            false
        };
        let node = self.simple()?;
        Ok(if negated { Node::Not(Box::new(node)) } else { node })
    }

    fn simple(&mut self) -> Result<Node, FilterError> {
        if let Some(keyword) = self.keyword() {
            let message = format!("`{keyword}` needs a comparison here");
            return Err(self.wrong(
                self.place(),
                message,
                "lower case words are search texts; keywords stand between comparisons",
            ));
        }
        let Some(token) = self.take() else {
            return Err(self.wrong(self.text.len(), "the query ends too early", "add what is to be compared"));
        };
        match token.kind {
            TokenKind::Open => {
                let node = self.deeper(Self::expression)?;
                self.expect(&TokenKind::Close, "a closing `)` is missing")?;
                Ok(node)
            }
            TokenKind::Text(parts) => self.restriction(parts, token.at, token.end),
            _ => Err(self.wrong(token.at, "a field or a text is expected here", "write `field=value`")),
        }
    }

    fn restriction(&mut self, parts: Vec<Part>, at: usize, end: usize) -> Result<Node, FilterError> {
        if let Some(Token { kind: TokenKind::Open, at: open, .. }) = self.peek()
            && *open == end
            && let [Part { text, quoted: false }] = parts.as_slice()
        {
            let name = text.clone();
            return self.function(&name, at);
        }
        let Some(TokenKind::Compare(op)) = self.kind() else {
            let text = parts.into_iter().map(|part| part.text).collect::<Vec<_>>().join(".");
            return Ok(Node::Anywhere(fold(&text).into_owned()));
        };
        let op = *op;
        let operator_at = self.place();
        self.next += 1;
        let field = self.field(&parts, at)?;
        if op == Op::Has && self.kind() == Some(&TokenKind::Star) {
            self.next += 1;
            return Ok(Node::Present(field));
        }
        if field.is_message() {
            let name = &parts[parts.len() - 1].text;
            let help = format!("compare one of its fields, or ask whether it is there: `{name}:*`");
            return Err(self.wrong(at, format!("`{name}` has no value of its own"), &help));
        }
        if matches!(op, Op::Matches | Op::NotMatches) && !matches!(field.declared, Type::Text | Type::Free) {
            return Err(self.wrong(operator_at, "a regex compares texts only, and this field is none", "use `=`, `<` or `>`"));
        }
        self.argument(&field, op)
    }

    fn field(&self, parts: &[Part], at: usize) -> Result<Field, FilterError> {
        Field::resolve(parts).map_err(|(number, message, help)| {
            let before: usize = parts[..number].iter().map(|part| part.text.len() + 1 + 2 * usize::from(part.quoted)).sum();
            FilterError::new(self.text, at + before, message, help)
        })
    }

    /// A value, or values joined by AND, OR and NOT in parentheses.
    fn argument(&mut self, field: &Field, op: Op) -> Result<Node, FilterError> {
        let Some(token) = self.take() else {
            return Err(self.wrong(self.text.len(), "a value is missing", "write what to compare with"));
        };
        match token.kind {
            TokenKind::Open => {
                let node = self.deeper(|parser| parser.values(field, op))?;
                self.expect(&TokenKind::Close, "a closing `)` is missing")?;
                Ok(node)
            }
            TokenKind::Text(parts) => self.comparison(field, op, &parts, token.at),
            TokenKind::Star => Err(self.wrong(token.at, "`*` goes with `:` only", "`f:*` asks whether `f` is there")),
            _ => Err(self.wrong(token.at, "a value is expected here", "put a text with special characters in double quotes")),
        }
    }

    fn values(&mut self, field: &Field, op: Op) -> Result<Node, FilterError> {
        let mut all = Vec::new();
        loop {
            let mut any = vec![self.value(field, op)?];
            while self.accept("OR") {
                any.push(self.value(field, op)?);
            }
            all.push(one_or(any, Node::Or));
            if !self.accept("AND") && matches!(self.kind(), None | Some(TokenKind::Close)) {
                return Ok(one_or(all, Node::And));
            }
        }
    }

    fn value(&mut self, field: &Field, op: Op) -> Result<Node, FilterError> {
        let negative_number = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
        if self.accept("NOT") {
            return Ok(Node::Not(Box::new(self.argument(field, op)?)));
        }
        if self.kind() == Some(&TokenKind::Minus) {
            let minus = self.place();
            self.next += 1;
            if let Some(Token { kind: TokenKind::Text(parts), at, .. }) = self.peek()
                && *at == minus + 1
                && negative_number(&parts[0].text)
            {
                let mut parts = parts.clone();
                parts[0].text.insert(0, '-');
                self.next += 1;
                return self.comparison(field, op, &parts, minus);
            }
            return Ok(Node::Not(Box::new(self.argument(field, op)?)));
        }
        if let Some(keyword) = self.keyword() {
            let message = format!("`{keyword}` needs a value here");
            return Err(self.wrong(self.place(), message, "write values between the keywords"));
        }
        self.argument(field, op)
    }

    fn comparison(&self, field: &Field, op: Op, parts: &[Part], at: usize) -> Result<Node, FilterError> {
        let quoted = parts.iter().any(|part| part.quoted);
        let text = parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join(".");
        if quoted && parts.len() > 1 {
            return Err(self.wrong(at, "a value is one text", "put all of it in one pair of quotes"));
        }
        if !quoted && parts.len() == 1 && matches!(text.as_str(), "AND" | "OR" | "NOT") {
            return Err(self.wrong(
                at,
                format!("a value is expected here, not `{text}`"),
                "put it in quotes if it is meant as a text",
            ));
        }
        let operand = match op {
            Op::Matches | Op::NotMatches => self.regex(&text, quoted, at)?,
            _ => Operand::new(&text, quoted),
        };
        if field.declared == Type::Severity && !operand.is_severity() {
            let near = nearest(
                &text.to_uppercase().to_lowercase(),
                ["default", "debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"],
            );
            let names = severity_names().collect::<Vec<_>>().join(", ");
            let near = near.map(|near| format!("did you mean `{}`? ", near.to_uppercase())).unwrap_or_default();
            return Err(self.wrong(at, format!("`{text}` is no severity"), &format!("{near}one of: {names}, or a number")));
        }
        Ok(Node::Compare(Comparison { field: field.clone(), op, operand }))
    }

    fn regex(&self, text: &str, quoted: bool, at: usize) -> Result<Operand, FilterError> {
        if !quoted {
            return Err(self.wrong(at, "a regex stands in double quotes", "put it in double quotes, backslashes doubled"));
        }
        match re2::regex(text) {
            Ok(regex) => Ok(Operand::with_regex(regex)),
            Err(error) => {
                // The quote, and each doubled backslash before the place, is one byte more in the query.
                let doubled = text.get(..error.offset).map_or(0, |before| before.matches('\\').count());
                let offset = (at + 1 + error.offset + doubled).min(self.text.len());
                let offset = (0..=offset).rev().find(|place| self.text.is_char_boundary(*place)).unwrap_or(at);
                Err(self.wrong(offset, format!("no RE2 regex: {}", error.message), "the syntax is RE2, backslashes doubled"))
            }
        }
    }

    fn function(&mut self, name: &str, at: usize) -> Result<Node, FilterError> {
        if SERVER_FUNCTIONS.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            let message = format!("`{name}` can only be evaluated by Cloud Logging, not on local entries");
            return Err(self.wrong(at, message, "compare the field itself"));
        }
        let Some(known) = LOCAL_FUNCTIONS.iter().find(|known| known.eq_ignore_ascii_case(name)) else {
            let near = nearest(name, LOCAL_FUNCTIONS.iter().copied());
            let help = near.map_or(format!("known are {}", LOCAL_FUNCTIONS.join(", ")), |near| format!("did you mean `{near}`?"));
            return Err(self.wrong(at, format!("there is no function `{name}`"), &help));
        };
        self.next += 1;
        let mut arguments: Vec<(Vec<Part>, usize)> = Vec::new();
        loop {
            match self.take() {
                Some(Token { kind: TokenKind::Text(parts), at, .. }) => arguments.push((parts, at)),
                other => {
                    let at = other.map_or(self.text.len(), |token| token.at);
                    return Err(self.wrong(at, format!("`{known}` needs an argument here"), "write a text in double quotes"));
                }
            }
            match self.take().map(|token| (token.kind, token.at)) {
                Some((TokenKind::Close, _)) => break,
                Some((TokenKind::Comma, _)) => {}
                other => {
                    let at = other.map_or(self.text.len(), |(_, at)| at);
                    return Err(self.wrong(at, "`,` or `)` is expected here", "a text with special characters stands in quotes"));
                }
            }
        }
        self.call(known, &arguments, at)
    }

    fn call(&self, name: &str, arguments: &[(Vec<Part>, usize)], at: usize) -> Result<Node, FilterError> {
        let joined = |parts: &[Part]| parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join(".");
        match (name, arguments) {
            ("log_id", [(id, _)]) => Ok(Node::LogId(joined(id))),
            ("source", [(parent, _)]) => Ok(Node::Source(joined(parent))),
            ("ip_in_net", [(field, field_at), (net, net_at)]) => {
                let field = self.field(field, *field_at)?;
                match Net::parse(&joined(net)) {
                    Some(net) => Ok(Node::InNet(field, net)),
                    None => Err(self.wrong(*net_at, "this is no network", "write it as `\"10.0.0.0/8\"`")),
                }
            }
            ("SEARCH", [(query, query_at)]) => self.search(None, query, *query_at),
            ("SEARCH", [(field, field_at), (query, query_at)]) => {
                let field = self.field(field, *field_at)?;
                self.search(Some(field), query, *query_at)
            }
            _ => Err(self.wrong(at, format!("`{name}` does not take {} arguments", arguments.len()), signature(name))),
        }
    }

    fn search(&self, field: Option<Field>, query: &[Part], at: usize) -> Result<Node, FilterError> {
        let [Part { text, quoted: true }] = query else {
            return Err(self.wrong(at, "`SEARCH` takes a text in double quotes", signature("SEARCH")));
        };
        let terms = Terms::new(text);
        if terms.is_empty() {
            return Err(self.wrong(at, "there is no word to search for", signature("SEARCH")));
        }
        Ok(Node::Search(field, terms))
    }
}

fn signature(function: &str) -> &'static str {
    match function {
        "log_id" => "write `log_id(\"run.googleapis.com/stderr\")`",
        "source" => "write `source(projects/ID)`",
        "ip_in_net" => "write `ip_in_net(httpRequest.remoteIp, \"10.0.0.0/8\")`",
        _ => "write `SEARCH(\"words\")` or `SEARCH(textPayload, \"words\")`",
    }
}

fn one_or(mut parts: Vec<Node>, many: fn(Vec<Node>) -> Node) -> Node {
    match (parts.len(), parts.pop()) {
        (1, Some(part)) => part,
        (_, last) => {
            parts.extend(last);
            many(parts)
        }
    }
}
