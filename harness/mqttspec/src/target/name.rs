//! What the user calls a target.

use super::{Endpoint, Profile, TargetError, Transport};
use crate::corpus;
use std::fmt;
use std::path::Path;

/// A target as the user names it.
#[derive(Clone, Debug)]
pub enum TargetName {
    /// The reference broker in this process.
    Embedded,
    /// A server that runs already.
    Url(Endpoint),
    /// A server that a profile describes.
    Profile(Box<Profile>),
    /// The same in a container.
    Container(Box<Profile>),
}

/// What the name of a container begins with.
const CONTAINER: &str = "docker:";

impl fmt::Display for TargetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded => f.write_str("embedded"),
            Self::Url(endpoint) => f.write_str(&endpoint.to_url()),
            Self::Profile(profile) => f.write_str(&profile.name),
            Self::Container(profile) => write!(f, "{CONTAINER}{}", profile.name),
        }
    }
}

impl TargetName {
    /// Reads `embedded`, an address (see [`Endpoint::parse`]), the name of a built-in profile, the path of a profile file,
    /// which holds a `/` or ends in `.kdl`, or `docker:` and such a profile.
    ///
    /// # Errors
    /// It is none of these, the profile is not valid, or not for this.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        if text == "embedded" {
            return Ok(Self::Embedded);
        }
        if let Some(profile) = text.strip_prefix(CONTAINER) {
            return Self::container(profile);
        }
        if text.contains("://") {
            return Endpoint::parse(text).map(Self::Url);
        }
        if text.contains('/') || has_extension(text) {
            return Self::outside(text, Profile::from_file(Path::new(text))?);
        }
        match built_in(text)? {
            Some(profile) => Self::outside(text, profile),
            None => Err(TargetError::unknown(text, corpus::built_in_profiles().collect())),
        }
    }

    /// Any image in a container whose server listens at this port in it: `docker:IMAGE`. `None` where the text means
    /// something else: a profile, or no container.
    #[must_use]
    pub fn image(text: &str, transport: Transport, port: u16) -> Option<Self> {
        let image = text.strip_prefix(CONTAINER)?;
        let profile = image.is_empty() || has_extension(image) || corpus::built_in_profile(image).is_some();
        (!profile).then(|| Self::Container(Box::new(Profile::of_image(image, transport, port))))
    }

    fn container(text: &str) -> Result<Self, TargetError> {
        let profile = if has_extension(text) {
            Profile::from_file(Path::new(text))?
        } else {
            built_in(text)?.ok_or_else(|| TargetError::no_container(text, corpus::built_in_profiles().collect()))?
        };
        match profile.image {
            Some(_) => Ok(Self::Container(Box::new(profile))),
            None => Err(TargetError::WithoutImage { name: profile.name }),
        }
    }

    /// A profile that is to be used without a container.
    fn outside(text: &str, profile: Profile) -> Result<Self, TargetError> {
        if profile.program.is_none() && profile.image.is_some() {
            return Err(TargetError::OnlyImage { name: text.to_owned() });
        }
        Ok(Self::Profile(Box::new(profile)))
    }
}

fn built_in(name: &str) -> Result<Option<Profile>, TargetError> {
    let parse = |text| Profile::parse(&format!("{name}.kdl"), text);
    Ok(corpus::built_in_profile(name).map(parse).transpose()?)
}

fn has_extension(text: &str) -> bool {
    Path::new(text).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("kdl"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_and_profiles() {
        assert!(matches!(TargetName::parse("embedded"), Ok(TargetName::Embedded)));
        for name in corpus::built_in_profiles() {
            let profile = match TargetName::parse(&name) {
                Ok(TargetName::Profile(profile)) => profile,
                Err(TargetError::OnlyImage { .. }) => match TargetName::parse(&format!("docker:{name}")) {
                    Ok(TargetName::Container(profile)) => profile,
                    other => panic!("{name}: {other:?}"),
                },
                other => panic!("{name}: {other:?}"),
            };
            assert_eq!(profile.name, name, "a profile is found by the name of its file");
        }
    }

    #[test]
    fn containers() {
        use miette::Diagnostic;
        for name in ["mosquitto", "nats", "rabbitmq"] {
            let text = format!("docker:{name}");
            let target = TargetName::parse(&text).unwrap();
            assert!(matches!(target, TargetName::Container(_)));
            assert_eq!(target.to_string(), text);
            assert!(TargetName::image(&text, Transport::Tcp, 1883).is_none(), "a profile knows its ports");
        }
        let image = TargetName::image("docker:registry:5000/a/b:1.2", Transport::Ws, 8080).unwrap();
        assert_eq!(image.to_string(), "docker:registry:5000/a/b:1.2");
        for (text, told, advice) in [
            ("docker:", "`` is no profile", "`docker:mosquitto`"),
            ("docker:mosquito", "`mosquito` is no profile", "did you mean `docker:mosquitto`?"),
            ("docker:emqx/emqx:5.8.0", "`emqx/emqx:5.8.0` is no profile", "--port N"),
            ("rabbitmq", "the profile rabbitmq is for a container only", "docker:rabbitmq"),
        ] {
            let error = TargetName::parse(text).unwrap_err();
            assert!(error.to_string().contains(told), "{text}: {error}");
            assert!(error.help().unwrap().to_string().contains(advice), "{text}: {}", error.help().unwrap());
            assert_eq!(error.exit_code(), 2);
        }
    }

    #[test]
    fn unknown_names() {
        use miette::Diagnostic;
        for (text, part) in [
            ("mosquito", "did you mean `mosquitto`?"),
            ("embeded", "did you mean `embedded`?"),
            ("localhost:1883", "an address is written mqtt://localhost:1883"),
            ("whatever", "`embedded`, `mosquitto`"),
        ] {
            let error = TargetName::parse(text).unwrap_err();
            let help = error.help().unwrap().to_string();
            assert!(help.contains(part), "{text}: {help}");
            assert!(error.to_string().contains(text), "{error}");
            assert_eq!(error.exit_code(), 2);
        }
    }
}
