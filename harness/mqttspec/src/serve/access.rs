//! Who may use the server, and for what: files of users and access lists.

use kdl::{KdlDocument, KdlNode};
use miette::SourceSpan;
use mqttspec_broker::{AccessRule, Who};
use mqttspec_codec::{TopicFilter, Version};
use mqttspec_engine::scenario::{LoadError, Problem, Source};

/// Reads user names and passwords: a line `NAME:PASSWORD` each; the password may hold colons. Empty lines and those that
/// begin with `#` do not count.
///
/// # Errors
/// The line that is none, by its number.
pub fn users(text: &str) -> Result<Vec<(String, Vec<u8>)>, String> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    lines.map(|(number, line)| user(line).ok_or_else(|| format!("line {} is not NAME:PASSWORD", number + 1))).collect()
}

/// Reads `NAME:PASSWORD`.
#[must_use]
pub fn user(text: &str) -> Option<(String, Vec<u8>)> {
    let (name, password) = text.split_once(':')?;
    (!name.is_empty()).then(|| (name.to_owned(), password.as_bytes().to_vec()))
}

/// Reads an access list in KDL: `everyone { }`, `user NAME { }` and `client ID { }`, each with `publish FILTER...`,
/// `subscribe FILTER...` and `both FILTER...` for what it allows. What nothing allows is not authorized.
///
/// # Errors
/// What is not understood, with its place; `path` is for that.
pub fn access_list(path: &str, text: &str) -> Result<Vec<AccessRule>, LoadError> {
    let mut problems = Vec::new();
    let mut rules = Vec::new();
    match KdlDocument::parse_v2(text) {
        Ok(document) => {
            for node in document.nodes() {
                let Some(who) = who(node, &mut problems) else { continue };
                node.iter_children().for_each(|child| allowed(child, &who, &mut rules, &mut problems));
            }
        }
        Err(error) => {
            let spans = error.diagnostics.iter().map(|diagnostic| diagnostic.span);
            problems.extend(spans.map(|span| Problem::new("not KDL", span, "KDL cannot read this")));
        }
    }
    if problems.is_empty() {
        return Ok(rules);
    }
    Err(LoadError::new(&Source { path: path.to_owned(), text: text.to_owned() }, problems))
}

fn who(node: &KdlNode, problems: &mut Vec<Problem>) -> Option<Who> {
    let arguments = texts(node);
    match (node.name().value(), arguments.as_deref()) {
        ("everyone", Some([])) => Some(Who::Everyone),
        ("user", Some([name])) => Some(Who::UserName((*name).to_owned())),
        ("client", Some([id])) => Some(Who::ClientId((*id).to_owned())),
        _ => {
            let help = "write: everyone { }, user NAME { } or client ID { }";
            problems.push(Problem::new("this names nobody", span(node), "nobody").help(help));
            None
        }
    }
}

fn allowed(node: &KdlNode, who: &Who, rules: &mut Vec<AccessRule>, problems: &mut Vec<Problem>) {
    let (publish, subscribe) = match node.name().value() {
        "publish" => (true, false),
        "subscribe" => (false, true),
        "both" => (true, true),
        _ => (false, false),
    };
    let filters = texts(node).filter(|filters| !filters.is_empty() && (publish || subscribe));
    let Some(filters) = filters else {
        let help = "write: publish FILTER..., subscribe FILTER... or both FILTER...; filters go in quotes";
        problems.push(Problem::new("this allows nothing", span(node), "not understood").help(help));
        return;
    };
    for filter in filters {
        // Of 3.1.1, where no filter has a share name: what is shared is looked at without it.
        if TopicFilter::new(filter, Version::V311).is_some() {
            rules.push(AccessRule { who: who.clone(), filter: filter.to_owned(), publish, subscribe });
        } else {
            problems.push(Problem::new(format!("`{filter}` is no topic filter"), span(node), "not a topic filter"));
        }
    }
}

/// The arguments of a node, if they are texts and nothing else is there.
fn texts(node: &KdlNode) -> Option<Vec<&str>> {
    node.entries().iter().map(|entry| entry.value().as_string().filter(|_| entry.name().is_none())).collect()
}

fn span(node: &KdlNode) -> SourceSpan {
    node.name().span()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_and_passwords() {
        let text = "# who\n\nalice:secret\nbob:a:b\nnobody:\n";
        let pair = |name: &str, password: &str| (name.to_owned(), password.as_bytes().to_vec());
        assert_eq!(users(text), Ok(vec![pair("alice", "secret"), pair("bob", "a:b"), pair("nobody", "")]));
        assert_eq!(users("a:b\nalice"), Err("line 2 is not NAME:PASSWORD".to_owned()));
        assert_eq!(user(":x"), None);
    }

    #[test]
    fn lists() {
        let text =
            "everyone {\n  subscribe \"$SYS/#\"\n}\nuser alice {\n  both \"a/#\" b\n}\nclient x {\n  publish c\n}";
        let rule = |who: Who, filter: &str, publish, subscribe| AccessRule {
            who,
            filter: filter.to_owned(),
            publish,
            subscribe,
        };
        let alice = || Who::UserName("alice".to_owned());
        let expected = [
            rule(Who::Everyone, "$SYS/#", false, true),
            rule(alice(), "a/#", true, true),
            rule(alice(), "b", true, true),
            rule(Who::ClientId("x".to_owned()), "c", true, false),
        ];
        assert_eq!(access_list("a.kdl", text).unwrap(), expected);
        assert_eq!(access_list("a.kdl", "").unwrap(), []);
    }

    #[test]
    fn lists_that_are_none() {
        for (text, part) in [
            ("everybody { both a; }", "this names nobody"),
            ("user { both a; }", "this names nobody"),
            ("user a b { both a; }", "this names nobody"),
            ("everyone { both; }", "this allows nothing"),
            ("everyone { read a; }", "this allows nothing"),
            ("everyone { both 1; }", "this allows nothing"),
            ("everyone { both qos=a; }", "this allows nothing"),
            ("everyone { both \"a/#/b\"; }", "`a/#/b` is no topic filter"),
            ("everyone {", "not KDL"),
        ] {
            let error = access_list("a.kdl", text).unwrap_err();
            assert!(error.to_string().contains(part), "{text}: {error}");
        }
    }
}
