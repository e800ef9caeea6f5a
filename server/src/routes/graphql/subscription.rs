//! What can be listened to. A poke says that the organization has reached a version; what has changed up to there is read
//! from the rows, as the member may see them. So nothing is told that a query would not show, and what changes several
//! times before it is told of is told once.

use std::sync::Arc;

use async_graphql::Error;
use async_graphql::dynamic::{
    FieldValue, InputValue, ResolverContext, SchemaBuilder, Subscription, SubscriptionField, SubscriptionFieldFuture,
    TypeRef,
};
use futures::Stream;
use shared::clock::Version;
use shared::ids::{EntityId, Kind};
use tokio::sync::watch;

use super::asking::{Asking, asking};
use super::lists::named_id;
use super::names::{one, type_name};
use super::refusal::{bug, refusal};
use super::values::Node;
use crate::services::Failure;

pub(super) const SUBSCRIPTION: &str = "Subscription";

/// How far the organization is, as far as the socket has heard.
pub(super) struct Heard {
    /// When it was subscribed: what comes after it is told.
    pub(super) from: Version,
    /// Now.
    pub(super) reached: watch::Receiver<Version>,
}

/// Registers the root of subscriptions.
pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    let of_kinds = [(Kind::Task, Kind::Project), (Kind::Comment, Kind::Task)];
    let root =
        of_kinds.into_iter().fold(Subscription::new(SUBSCRIPTION), |root, (kind, of)| root.field(changed(kind, of)));
    schema.register(root)
}

fn changed(kind: Kind, of: Kind) -> SubscriptionField {
    let owner = one(of);
    let name = format!("{}Changed", one(kind));
    let about = format!("A {} that is new, has changed or was deleted, as it is then.", one(kind));
    let argument = InputValue::new(&owner, TypeRef::named(TypeRef::ID)).description("Only those of this one.");
    let field = SubscriptionField::new(name, TypeRef::named_nn(type_name(kind)), move |ctx| {
        let owner = owner.clone();
        SubscriptionFieldFuture::new(async move {
            let asking = Arc::clone(asking(&ctx)?);
            let owner = owner_of(&ctx, &owner, of)?;
            let heard = ctx.data::<Heard>().map_err(|_| bug("a subscription without a socket"))?;
            if let Some(owner) = owner {
                asking.snapshot().await?.show(owner).ok_or_else(|| refusal(Failure::NotFound))?;
                asking.forget().await;
            }
            Ok(follow(asking, kind, owner, heard.from, heard.reached.clone()))
        })
    });
    field.argument(argument).description(about)
}

fn owner_of(ctx: &ResolverContext<'_>, name: &str, kind: Kind) -> Result<Option<EntityId>, Error> {
    if ctx.args.get(name).is_none_or(|value| value.is_null()) {
        return Ok(None);
    }
    // What is no id is nobody's.
    let id = named_id(&ctx.args, name).ok().flatten().ok_or_else(|| refusal(Failure::NotFound))?;
    Ok(Some(kind.of(id)))
}

/// What changes from a version on. Each row is of the moment that it is answered from, which [`super::socket`] lets go of
/// before it sends the answer.
fn follow<'a>(
    asking: Arc<Asking>,
    kind: Kind,
    owner: Option<EntityId>,
    from: Version,
    reached: watch::Receiver<Version>,
) -> impl Stream<Item = Result<FieldValue<'a>, Error>> {
    let from = ((from, None), reached);
    futures::stream::try_unfold(
        from,
        move |(mut after, mut reached): ((Version, Option<EntityId>), watch::Receiver<Version>)| {
            let asking = Arc::clone(&asking);
            async move {
                loop {
                    let snapshot = asking.snapshot().await?;
                    if let Some((ver, id)) = snapshot.changed_after(kind, owner, after) {
                        let row = snapshot.show(id).ok_or_else(|| bug("a row has left a snapshot"))?;
                        return Ok(Some((FieldValue::owned_any(Node(row)), ((ver, Some(id)), reached))));
                    }
                    after = after.max((snapshot.version(), None));
                    drop(snapshot);
                    asking.forget().await;
                    let (ver, _) = after;
                    if reached.wait_for(|reached| *reached > ver).await.is_err() {
                        return Ok(None);
                    }
                }
            }
        },
    )
}
