//! The catalogue of statements, built in.

use mqttspec_engine::statement::{Catalogue, Texts};
use std::sync::{Arc, LazyLock};

pub(crate) static CATALOGUE: LazyLock<Arc<Catalogue>> = LazyLock::new(|| {
    let v311 = Texts {
        numbered: include_str!("../../scenarios/statements/mqtt-3.1.1.kdl"),
        prose: include_str!("../../scenarios/statements/prose-3.1.1.kdl"),
    };
    let v5 = Texts {
        numbered: include_str!("../../scenarios/statements/mqtt-5.0.kdl"),
        prose: include_str!("../../scenarios/statements/prose-5.0.kdl"),
    };
    Arc::new(Catalogue::load(v311, v5).expect("the catalogue is valid"))
});
