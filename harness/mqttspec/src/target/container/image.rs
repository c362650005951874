//! How the name of an image is written.

/// Repository and tag (or digest) of a name; without one, it is what an engine takes.
pub(super) fn parts(name: &str) -> (String, String) {
    match tag(name) {
        Some(tag) => (name[..name.len() - tag.len() - 1].to_owned(), tag.to_owned()),
        None => (name.to_owned(), "latest".to_owned()),
    }
}

/// The tag of a name; the digest where it has one.
pub(in crate::target) fn tag(name: &str) -> Option<&str> {
    // A `:` before a `/` belongs to the port of a registry.
    let (_, tag) = name.rsplit_once(':').filter(|(_, tag)| !tag.contains('/'))?;
    Some(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_images() {
        for (name, repository, tag) in [
            ("nats", "nats", "latest"),
            ("nats:2.10.27", "nats", "2.10.27"),
            ("emqx/emqx:5", "emqx/emqx", "5"),
            ("registry:5000/a/b", "registry:5000/a/b", "latest"),
            ("registry:5000/a/b:c", "registry:5000/a/b", "c"),
            ("a@sha256:0123", "a@sha256", "0123"),
        ] {
            assert_eq!(parts(name), (repository.to_owned(), tag.to_owned()), "{name}");
        }
    }
}
