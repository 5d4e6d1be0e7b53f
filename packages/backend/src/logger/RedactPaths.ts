/** The configured paths as a tree of keys. A node without children ends a path: its value is redacted. */
export type RedactPaths = ReadonlyMap<string, RedactPaths>;

// Where a handler's own data begins; the configured paths apply below each of them.
const payloadKeys: ReadonlySet<string> = new Set(['payload', 'metadata']);

/**
 * Builds the tree of `card.number`, `items.*.price` and the like. `*` stands for any one key or array index. A path
 * is relative to a payload, so a leading `payload.` changes nothing.
 */
export const toRedactPaths = (paths: readonly string[]): RedactPaths => {
  const root: MutablePaths = new Map();
  for (const path of paths) addPath(root, path.replace(/^payload\./, '').split('.'));
  return root;
};

interface MutablePaths extends Map<string, MutablePaths> {}

const addPath = (root: MutablePaths, keys: readonly string[]): void => {
  let node = root;
  for (const [index, key] of keys.entries()) {
    const known = node.get(key);
    // A shorter path already redacts everything below.
    if (known?.size === 0) return;
    const next: MutablePaths = known ?? new Map();
    if (index === keys.length - 1) next.clear();
    node.set(key, next);
    node = next;
  }
};

/** The places in the tree that a position in the logged data has reached; several at once because of `*`. */
export type RedactPosition = readonly RedactPaths[];

/** Steps from a position to a key of it. `'redacted'` when a configured path ends there. */
export const stepInto = (
  position: RedactPosition,
  key: string,
  root: RedactPaths,
): RedactPosition | 'redacted' => {
  if (root.size === 0) return position;
  const reached = position
    .flatMap((node) => [node.get(key), node.get('*')])
    .filter((node) => node !== undefined);
  if (reached.some((node) => node.size === 0)) return 'redacted';
  return payloadKeys.has(key) ? [...reached, root] : reached;
};
