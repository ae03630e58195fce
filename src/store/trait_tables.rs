//! Traits in `record.toml` go by their BGNN names.

/// A set of traits as a list of names.
pub mod names {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use crate::traits::{Trait, TraitSet};

    pub fn serialize<S: Serializer>(traits: &TraitSet, to: S) -> Result<S::Ok, S::Error> {
        traits.iter().map(Trait::bgnn_name).collect::<Vec<_>>().serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<TraitSet, D::Error> {
        let names = Vec::<String>::deserialize(from)?;
        let which =
            |name: &String| Trait::from_bgnn_name(name).ok_or_else(|| Error::custom(format!("{name:?} is no trait")));
        names.iter().map(which).collect()
    }
}

/// One value a trait as a table; traits without a value are left out.
pub mod by_name {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error, ser::SerializeMap};

    use crate::traits::Trait;

    pub fn serialize<S: Serializer, V: Serialize>(
        values: &[Option<V>; Trait::COUNT],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        for (which, value) in Trait::ALL.into_iter().zip(values) {
            if let Some(value) = value {
                map.serialize_entry(which.bgnn_name(), value)?;
            }
        }
        map.end()
    }

    pub fn deserialize<'de, D: Deserializer<'de>, V: Deserialize<'de>>(
        from: D,
    ) -> Result<[Option<V>; Trait::COUNT], D::Error> {
        let mut values = [const { None }; Trait::COUNT];
        for (name, value) in BTreeMap::<String, V>::deserialize(from)? {
            let which =
                Trait::from_bgnn_name(&name).ok_or_else(|| D::Error::custom(format!("{name:?} is no trait")))?;
            values[which.channel()] = Some(value);
        }
        Ok(values)
    }
}
