import { type ChildStore, type StoredChild } from '../../queue/ChildStore';

/** Creates the children of one task; none so far. The rules are those of the scripts of `ChildStore`. */
export const createMemoryChildren = (): ChildStore => {
  const children = new Map<string, StoredChild>();
  return {
    claim: async (claims) =>
      claims.map(({ key, child }) => {
        const kept = children.get(key);
        const isStale = kept?.end !== undefined && kept.end !== 'completed' && kept.round < child.round;
        const claimed = kept === undefined || isStale ? child : kept;
        children.set(key, claimed);
        return claimed;
      }),
    note: async (noted) => {
      for (const { key, child } of noted) children.set(key, child);
    },
    listUnended: async () => [...children.values()].filter(({ end }) => end === undefined),
  };
};
