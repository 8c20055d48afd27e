//! All islands as one picture.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use learnware_api::{PlaceRequest, Placed, WorldBridge, WorldIsland, WorldMap, WorldPlaces};
use learnware_dock::Dock;
use learnware_dock::viewer::Viewer;
use learnware_dock::world::SeenWorld;
use learnware_engine::learnware::LearnwareId;
use serde_json::json;

use super::search::{SPECIFICATIONS_MAX, specification};
use crate::auth;
use crate::body::Document;
use crate::error::{Answer, Failure};

/// Parts of the picture's side that places are told to: a pixel of a large screen.
const PLACES: f64 = 1e5;

/// All islands as one picture, with the learnwares that whoever asks may see.
#[utoipa::path(get, path = "/world", tag = "search", responses((status = OK, body = WorldMap)), security((), ("bearer" = [])))]
pub(crate) async fn world(
    State(dock): State<Dock>,
    auth::Viewer(viewer): auth::Viewer,
) -> Answer<Json<WorldMap>> {
    Ok(Json(told(&dock.world(&Viewer::Served(viewer)).await?)))
}

/// Where a task lies in the picture.
#[utoipa::path(post, path = "/world/place", tag = "search", request_body = PlaceRequest, responses((status = OK, body = Vec<Placed>)), security((), ("bearer" = [])))]
pub(crate) async fn place(
    State(dock): State<Dock>,
    auth::Viewer(viewer): auth::Viewer,
    Document(wish): Document<PlaceRequest>,
) -> Answer<Json<Vec<Placed>>> {
    if wish.statistical.len() > SPECIFICATIONS_MAX {
        return Err(Failure::bad("too-many", format!("at most {SPECIFICATIONS_MAX} specifications")));
    }
    let specifications: Answer<Vec<_>> = wish.statistical.iter().map(specification).collect();
    let places = dock.places(&Viewer::Served(viewer), specifications?).await?;
    let told = |(island, [x, y]): (usize, [f64; 2])| Placed { island, x: rounded(x), y: rounded(y) };
    Ok(Json(places.into_iter().map(told).collect()))
}

fn told(seen: &SeenWorld) -> WorldMap {
    let shown = seen.islands();
    let mut learnwares = WorldPlaces::default();
    let mut tasks = Tasks::default();
    let mut islands = Vec::with_capacity(shown.len());
    for (position, index) in shown.iter().enumerate() {
        let disc = &seen.world.islands[*index];
        let before = learnwares.ids.len();
        for (id, place) in disc.places.iter().filter(|(id, _)| seen.sees(id)) {
            learnwares.ids.push(id.0.clone());
            learnwares.islands.push(position);
            learnwares.x.push(rounded(place[0]));
            learnwares.y.push(rounded(place[1]));
            learnwares.tasks.push(tasks.of(seen, id));
        }
        islands.push(WorldIsland {
            name: disc.key.to_string(),
            island: json!(disc.key),
            learnwares: learnwares.ids.len() - before,
            x: rounded(disc.centre[0]),
            y: rounded(disc.centre[1]),
            radius: rounded(disc.radius),
            explained: disc.explained,
        });
    }
    learnwares.task_words = tasks.words();
    let position = |index: usize| shown.iter().position(|shown| *shown == index);
    let bridges = seen.world.bridges.iter().filter_map(|bridge| {
        let (from, to) = (position(bridge.ends[0])?, position(bridge.ends[1])?);
        Some(WorldBridge { from, to, learnwares: bridge.learnwares })
    });
    let bridges = bridges.collect();
    WorldMap { revision: seen.snapshot.revision.0, islands, learnwares, bridges }
}

fn rounded(value: f64) -> f64 {
    (value * PLACES).round() / PLACES
}

/// Words of tasks in the order of their first mention.
#[derive(Default)]
struct Tasks(BTreeMap<&'static str, usize>);

impl Tasks {
    fn of(&mut self, seen: &SeenWorld, id: &LearnwareId) -> usize {
        let learnware = seen.snapshot.market.organizer().get(id);
        let task = learnware.and_then(|learnware| learnware.specification.semantic.task.first());
        let next = self.0.len();
        *self.0.entry(task.map_or("", |task| task.word())).or_insert(next)
    }

    fn words(&self) -> Vec<String> {
        let mut words: Vec<(&usize, &&str)> =
            self.0.iter().map(|(word, position)| (position, word)).collect();
        words.sort_unstable();
        words.into_iter().map(|(_, word)| (*word).to_owned()).collect()
    }
}
