//! What the author of a change had before them: the row as it was when they last heard of it, with what they have written
//! since. Against that, and not against the row as it is, it is seen what they have changed.

use std::collections::BTreeMap;

use shared::clock::{Actor, Stamp, Version};
use shared::field::{Field, TextField};
use shared::merge::Inverse;
use shared::mutation::Op;
use shared::register::{Life, Reg, Tag};
use shared::relation::Relation;
use shared::row::Row;
use shared::text::{Delta, TextError};
use shared::value::Value;

/// One thing that was done to a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Past {
    pub actor: Actor,
    pub op: Op,
    /// What takes it back, if it did anything.
    pub inverse: Option<Inverse>,
}

/// A row as somebody has it.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    pub row: Row,
    /// Of each text that others have changed since: the edit that makes what it is of what they have.
    pub since: BTreeMap<TextField, Delta>,
}

/// A write that has seen all others.
const ALL_SEEN: Stamp = Stamp { actor: 0, ctr: 0, ver: Version::MAX, ctx: Version::MAX, at: 0 };

/// The row as `mine` has it, who had it before all of `past` was done to it, in order, and has done some of that.
pub fn view(row: &Row, past: &[Past], mine: Actor) -> Result<View, TextError> {
    let mut then = row.clone();
    let mut edits = Vec::new();
    for one in past.iter().rev() {
        if let Some(Inverse::Text { field, delta }) = &one.inverse {
            let after = then.text(*field).unwrap_or_default().to_owned();
            let before = delta.apply(&after)?;
            edits.push((*field, one.actor == mine, delta.invert(&after)?));
            set_text(&mut then, *field, before);
        } else if let Some(inverse) = &one.inverse {
            take_back(&mut then, inverse);
        }
    }
    for one in past.iter().filter(|one| one.actor == mine && one.inverse.is_some()) {
        do_again(&mut then, &one.op);
    }
    edits.reverse();
    let since = carry(&mut then, edits)?;
    Ok(View { row: then, since })
}

fn set_text(row: &mut Row, field: TextField, text: String) {
    row.texts.insert(field, text);
}

fn set(row: &mut Row, field: Field, value: Value) {
    row.values.insert(field, Reg::new(ALL_SEEN, value));
}

fn retag(row: &mut Row, remove: &[Tag], add: &[Tag]) {
    for tag in remove {
        row.tags.remove(tag, ALL_SEEN);
    }
    for tag in add {
        row.tags.add(tag.clone(), ALL_SEEN);
    }
}

fn relate(row: &mut Row, remove: &[Relation], add: &[Relation]) {
    for one in remove {
        row.relations.remove(one, ALL_SEEN);
    }
    for one in add {
        row.relations.add(*one, ALL_SEEN);
    }
}

fn take_back(row: &mut Row, inverse: &Inverse) {
    match inverse {
        Inverse::Write { field, value } => set(row, *field, value.clone()),
        Inverse::Tags { added, removed } => retag(row, added, removed),
        Inverse::Relations { added, removed } => relate(row, added, removed),
        Inverse::Delete => row.life = Life::default(),
        Inverse::Restore => row.life.delete(ALL_SEEN),
        Inverse::Text { .. } | Inverse::Create => {}
    }
}

/// What its author has of a change of theirs.
fn do_again(row: &mut Row, op: &Op) {
    match op {
        Op::Write(write) => set(row, write.field, write.value.clone()),
        Op::Tags(edit) => retag(row, &edit.remove, &edit.add),
        Op::Relations(edit) => relate(row, &edit.remove, &edit.add),
        Op::Delete(_) => row.life.delete(ALL_SEEN),
        Op::Restore(_) => row.life = Life::default(),
        Op::Create(_) | Op::TextEdit(_) | Op::Undo(_) => {}
    }
}

/// Makes own edits of texts again, which stand in their order among those of others, and says what the others' come to.
fn carry(row: &mut Row, edits: Vec<(TextField, bool, Delta)>) -> Result<BTreeMap<TextField, Delta>, TextError> {
    let mut server: BTreeMap<TextField, (String, Delta)> = BTreeMap::new();
    for (field, own, edit) in edits {
        let mine = row.text(field).unwrap_or_default().to_owned();
        let (here, others) = server.entry(field).or_insert_with(|| (mine.clone(), Delta::between(&mine, &mine)));
        let after = edit.apply(here)?;
        if own {
            // What it is without what the others had done, and what that is after it.
            let (alone, back) = edit.transform(&others.invert(&mine)?)?;
            *others = back.invert(&after)?;
            set_text(row, field, alone.apply(&mine)?);
        } else {
            *others = others.compose(&edit)?;
        }
        *here = after;
    }
    let others = server.into_iter().map(|(field, (_, others))| (field, others));
    Ok(others.filter(|(_, others)| !others.is_noop()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use shared::ids::TaskId;
    use shared::merge::{self, Around};
    use shared::mutation::{Create, EditTags, TextEdit};
    use shared::text::TextChange;
    use shared::workflow::{Priority, Status};
    use uuid::Uuid;

    use crate::domain::resource::{FieldTypes, patch, show};

    const MINE: Actor = 1;
    const THEIRS: Actor = 2;

    /// A row and what is done to it after it was made.
    struct World {
        row: Option<Row>,
        past: Vec<Past>,
        log: Vec<TextChange>,
    }

    impl World {
        fn new(title: &str) -> Self {
            let id = TaskId(Uuid::from_u128(1));
            let create = Create::new(id).text(TextField::Title, title).value(Field::Status, Status::Todo);
            let mut row = None;
            merge::apply(&mut row, &Op::Create(create), stamp(MINE, 1, 0), &Around::default()).unwrap();
            Self { row, past: Vec::new(), log: Vec::new() }
        }

        fn ver(&self) -> Version {
            self.row.as_ref().unwrap().ver
        }

        fn id(&self) -> TaskId {
            TaskId(self.row.as_ref().unwrap().id.uuid())
        }

        /// Somebody makes a change that has seen so much; a text is edited where it is now.
        fn apply(&mut self, actor: Actor, op: Op, ctx: Version) {
            let ver = self.ver() + 1;
            let merged = merge::apply(&mut self.row, &op, stamp(actor, ver, ctx), &Around::default()).unwrap();
            self.log.extend(merged.text.map(|entry| entry.change));
            self.past.push(Past { actor, op, inverse: merged.inverse });
        }

        fn retitle(&mut self, actor: Actor, new: &str) {
            let old = self.row.as_ref().unwrap().text(TextField::Title).unwrap().to_owned();
            self.edit(actor, Delta::between(&old, new));
        }

        fn edit(&mut self, actor: Actor, delta: Delta) {
            let ctx = self.ver();
            self.apply(actor, Op::TextEdit(TextEdit { entity: self.id().into(), field: TextField::Title, delta }), ctx);
        }

        /// Mine, of somebody who has heard of nothing.
        fn sends(&mut self, title: &str) {
            let View { row, since } = view(self.row.as_ref().unwrap(), &self.past, MINE).unwrap();
            let edit = Delta::between(row.text(TextField::Title).unwrap(), title);
            let edit = since
                .get(&TextField::Title)
                .map_or(Ok(edit.clone()), |since| since.transform(&edit).map(|both| both.1));
            self.edit(MINE, edit.unwrap());
        }

        fn title(&self) -> &str {
            self.row.as_ref().unwrap().text(TextField::Title).unwrap()
        }
    }

    fn stamp(actor: Actor, ver: Version, ctx: Version) -> Stamp {
        Stamp { actor, ctr: ver, ver, ctx, at: 0 }
    }

    #[test]
    fn whole_texts_are_merged_by_what_was_changed_in_them() {
        let mut world = World::new("Hello world");
        world.retitle(THEIRS, "Hello beautiful world");
        world.sends("Hello world!");
        assert_eq!(world.title(), "Hello beautiful world!");
        // The next one has their own and not the others', which they have still not heard of.
        world.sends("Hello world!?");
        world.retitle(THEIRS, "Oh, hello beautiful world!?");
        world.sends("Hello world?");
        assert_eq!(world.title(), "Oh, hello beautiful world?");
        world.sends("world?");
        assert_eq!(world.title(), "Oh, hbeautiful world?", "what others have put there stays");
    }

    #[test]
    fn what_is_the_same_as_before_was_not_changed() {
        let mut world = World::new("a");
        let (id, seen) = (world.id(), world.ver());
        world.apply(THEIRS, Op::write(id, Field::Priority, Value::Priority(Priority::High)), seen);
        world.apply(THEIRS, Op::Tags(EditTags { id, add: vec![Tag::new("theirs")], remove: vec![] }), seen);
        world.apply(MINE, Op::write(id, Field::Status, Status::Done), seen);
        world.apply(THEIRS, Op::write(id, Field::Status, Status::Todo), world.ver());
        world.apply(THEIRS, Op::Delete(id.into()), world.ver());
        let View { row, since } = view(world.row.as_ref().unwrap(), &world.past, MINE).unwrap();
        assert!(since.is_empty());
        let whole = show(&row);
        assert_eq!(
            (&whole["priority"], &whole["tags"], &whole["status"], &whole["deleted"]),
            (&json!("none"), &json!([]), &json!("done"), &json!(false)),
            "their priority, tag and deletion are not known yet; that it is done, they have said"
        );
        assert_eq!(patch(&row, &whole, &FieldTypes::new()), Ok(vec![]));
    }
}
