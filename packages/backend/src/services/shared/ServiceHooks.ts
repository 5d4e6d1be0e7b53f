import { type ResourceHooks } from '@backend/tasks/triggers/ResourceHooks';
import { type EntityChanges, type NewEntity } from './Repository';

/** The hooks of a service over one kind of entity. */
export type EntityHooks<Id, Entity, PartialEntity = NewEntity<Entity>> = ResourceHooks<
  Id,
  Entity,
  PartialEntity,
  EntityChanges<Entity>
>;

/** What runs around the writes of a service. */
export interface ServiceHooks<Id, Entity, PartialEntity = NewEntity<Entity>> {
  /** What the service keeps, such as `users`; hooks and triggers are told. */
  readonly resource: string;
  /** Several sets of hooks become one with `composeHooks`. */
  readonly hooks: EntityHooks<Id, Entity, PartialEntity>;
}
