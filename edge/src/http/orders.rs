//! Orders over HTTP: sources, people, bundles, the configuration.
//!
//! Takes requests; gives them to the warden and says what came of it. What would let a client read
//! files of the daemon's machine is taken from the configuration file only.

use std::{path::PathBuf, time::Duration};

use axum::{Json, extract::State, http::StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::time::timeout;

use super::{
    Shared,
    openapi::{Answer, Api, Operation},
    reply::{Body, InPath, Problem},
};
use crate::{
    config::RawSourceEntry,
    control::{Done, Order, Refusal},
};

/// How long who asks waits. What takes longer goes on all the same.
const PATIENCE: Duration = Duration::from_secs(30);
/// The same, for bundles: TensorRT builds its engines for minutes.
const BUNDLE_PATIENCE: Duration = Duration::from_secs(900);
/// Longest name of a person, in bytes.
const MOST_NAME: usize = 120;

/// Which bundle.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Folder {
    /// The bundle's folder, as the daemon sees it.
    folder: PathBuf,
}

/// Who it is.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Person {
    /// The name; null takes it away.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schemars(required)]
    name: Option<String>,
}

pub(super) fn add(api: Api) -> Api {
    let done = || Answer::json::<Done>("What was done");
    api.post(
        "/api/v1/sources",
        Operation::new("add_source", "Reads one more source")
            .takes::<RawSourceEntry>()
            .answers(201, done())
            .fails(&[409]),
        add_source,
    )
    .delete(
        "/api/v1/sources/{name}",
        Operation::new("remove_source", "Reads a source no more")
            .answers(200, done())
            .fails(&[404]),
        remove_source,
    )
    .post(
        "/api/v1/sources/{source}/faces/{track}/person",
        Operation::new("name_person", "Says who a followed face is")
            .takes::<Person>()
            .answers(200, done())
            .fails(&[404]),
        name_person,
    )
    .post(
        "/api/v1/bundle",
        Operation::new(
            "swap_bundle",
            "Checks, starts and tries the models of another bundle, then uses them; when anything fails the old ones go on",
        )
        .takes::<Folder>()
        .answers(200, done())
        .fails(&[409]),
        swap_bundle,
    )
    .post(
        "/api/v1/bundle/rollback",
        Operation::new("roll_back", "Uses the bundle before the last swap again")
            .answers(200, done())
            .fails(&[409, 422]),
        async |State(shared): State<Shared>| order(&shared, Order::RollBack).await,
    )
    .post(
        "/api/v1/reload",
        Operation::new("reload", "Reads the configuration file again")
            .answers(200, done())
            .fails(&[409, 422]),
        async |State(shared): State<Shared>| order(&shared, Order::Reload).await,
    )
}

async fn order(shared: &Shared, order: Order) -> Result<Json<Done>, Problem> {
    let patience = match order {
        Order::SwapBundle(_) | Order::RollBack => BUNDLE_PATIENCE,
        _ => PATIENCE,
    };
    let done = timeout(patience, shared.site.control.order(order)).await;
    let done = done.map_err(|_late| {
        let problem = "it takes longer than expected and goes on: the log says what comes of it";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, problem)
    })?;
    Ok(Json(done?))
}

async fn add_source(
    State(shared): State<Shared>,
    Body(entry): Body<RawSourceEntry>,
) -> Result<(StatusCode, Json<Done>), Problem> {
    // A password would go to whatever host the input names: any file could be sent anywhere.
    if !entry.password_file.is_empty() || !entry.pipeline.is_empty() {
        let problem = "password_file and pipeline are taken from the configuration file only";
        return Err(Refusal::Conflict(problem.into()).into());
    }
    let done = order(&shared, Order::AddSource(entry)).await?;
    Ok((StatusCode::CREATED, done))
}

async fn remove_source(
    State(shared): State<Shared>,
    InPath(name): InPath<String>,
) -> Result<Json<Done>, Problem> {
    order(&shared, Order::RemoveSource(name)).await
}

async fn name_person(
    State(shared): State<Shared>,
    InPath((source, track)): InPath<(String, u64)>,
    Body(person): Body<Person>,
) -> Result<Json<Done>, Problem> {
    let name = person.name.map(|name| name.trim().to_owned());
    if let Some(name) = &name
        && (name.is_empty() || name.len() > MOST_NAME || name.chars().any(char::is_control))
    {
        let problem = format!("a name has 1 to {MOST_NAME} bytes and no control characters");
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, problem));
    }
    let named = Order::NamePerson {
        source,
        track,
        name,
    };
    order(&shared, named).await
}

async fn swap_bundle(
    State(shared): State<Shared>,
    Body(Folder { folder }): Body<Folder>,
) -> Result<Json<Done>, Problem> {
    order(&shared, Order::SwapBundle(folder)).await
}
