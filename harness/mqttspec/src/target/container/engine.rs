//! The container engine: whether it is there, what images it has, and how a container goes.

use super::super::error::Cause;
use super::super::profile::Image;
use super::image::parts;
use mqttspec_engine::event::TargetImage;
use std::error::Error;
use std::sync::LazyLock;
use std::time::Duration;
use testcontainers::bollard::Docker;
use testcontainers::bollard::errors::Error as DockerError;
use testcontainers::bollard::query_parameters::{KillContainerOptions, RemoveContainerOptionsBuilder};
use testcontainers::core::client::docker_client_instance;
use testcontainers::runners::AsyncRunner;
use testcontainers::{GenericImage, TestcontainersError};
use tokio::runtime::{Builder, Runtime};
use tokio::time::{sleep, timeout};

/// How long an engine may take to say that it is there.
const GREETING: Duration = Duration::from_secs(10);
/// The pause before it is looked again whether a container is gone.
const AGAIN: Duration = Duration::from_millis(50);

/// All that is asked of the engine is asked in this runtime: it outlives every other, so that a run that is interrupted or
/// panics cannot take the removal of its containers with it. testcontainers shares one client, and so its connections,
/// which must not belong to a runtime that ends before others are done with them.
pub(super) static ENGINE: LazyLock<Runtime> = LazyLock::new(|| {
    let builder = Builder::new_multi_thread().worker_threads(2).thread_name("containers").enable_all().build();
    builder.expect("threads and a poll instance can be had")
});

/// Does something in the engine's runtime. If it is given up, it still goes on.
pub(super) async fn on_engine<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    match ENGINE.spawn(work).await {
        Ok(value) => value,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// The image that is to be run: one that is there, else one that is pulled.
pub(super) async fn find(image: Option<Image>) -> Result<TargetImage, Cause> {
    let Some(image) = image else { return Err(Cause::Container("its profile has no `image`".to_owned())) };
    on_engine(async move {
        let docker = docker().await?;
        for name in std::iter::once(&image.name).chain(&image.local) {
            if let Some(found) = inspect(&docker, name).await? {
                return Ok(found);
            }
        }
        let (repository, tag) = parts(&image.name);
        let missing = |why: String| Cause::NoImage { image: image.name.clone(), local: image.local.clone(), why };
        let _ = GenericImage::new(repository, tag).pull_image().await.map_err(|error| missing(why(&error)))?;
        inspect(&docker, &image.name).await?.ok_or_else(|| missing("it was pulled, and is not there".to_owned()))
    })
    .await
}

async fn docker() -> Result<Docker, Cause> {
    let docker = docker_client_instance().await.map_err(|error| Cause::NoEngine(why(&error)))?;
    match timeout(GREETING, docker.ping()).await {
        Ok(Ok(_)) => Ok(docker),
        Ok(Err(error)) => Err(Cause::NoEngine(why(&error))),
        Err(_) => Err(Cause::NoEngine(format!("it says nothing for {GREETING:?}"))),
    }
}

async fn inspect(docker: &Docker, name: &str) -> Result<Option<TargetImage>, Cause> {
    match docker.inspect_image(name).await {
        Ok(found) => Ok(Some(TargetImage {
            name: name.to_owned(),
            id: found.id.unwrap_or_default(),
            digest: found.repo_digests.unwrap_or_default().into_iter().next(),
        })),
        Err(DockerError::DockerResponseServerError { status_code: 404, .. }) => Ok(None),
        Err(error) => Err(Cause::Container(why(&error))),
    }
}

/// Removes the container of this name if there is one, with its volumes, and waits until it is gone.
pub(super) async fn remove(name: &str) {
    let Ok(docker) = docker_client_instance().await else { return };
    let options = || RemoveContainerOptionsBuilder::new().force(true).v(true).build();
    loop {
        match docker.remove_container(name, Some(options())).await {
            // Somebody is at it.
            Err(DockerError::DockerResponseServerError { status_code: 409, .. }) => sleep(AGAIN).await,
            // Gone, or nobody there to ask.
            Ok(()) | Err(_) => return,
        }
    }
}

/// Ends what runs in the container of this name without warning. One that has ended already is no error.
pub(super) async fn kill(name: &str) -> Result<(), TestcontainersError> {
    let docker = docker_client_instance().await?;
    match docker.kill_container(name, None::<KillContainerOptions>).await {
        Ok(()) | Err(DockerError::DockerResponseServerError { status_code: 409, .. }) => Ok(()),
        Err(error) => Err(TestcontainersError::other(error)),
    }
}

/// What an engine says, and what lies below it where a library keeps that to itself.
pub(super) fn why(error: &dyn Error) -> String {
    let mut told = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let below = error.to_string();
        if !told.contains(&below) {
            told = format!("{told}: {below}");
        }
        source = error.source();
    }
    told.trim_end().to_owned()
}
