import { type Profiler } from 'node:inspector';

/** What a worker's CPU time goes into. */
export const CPU_PARTS = ['queue', 'statements', 'ledger', 'JSON', 'rest'] as const;

/** One of {@link CPU_PARTS}. */
export type CpuPart = (typeof CPU_PARTS)[number];

/** Shares from 0 to 1 that add up to 1; all 0 of a profile without samples. */
export type CpuShares = Readonly<Record<CpuPart, number>>;

/** Which part a place in the code belongs to; the first that matches. */
const PLACES: readonly (readonly [part: CpuPart, place: RegExp])[] = [
  ['statements', /^(bun:sqlite|internal:sql)|backend\/src\/database\//],
  [
    'ledger',
    /backend\/src\/tasks\/(ledger\/|worker\/(AttemptLedger|AttemptStandings|LedgerPatience|RunningAttempts|UnwrittenEnds|toAttemptOutcome|completeWithin|toDeliveredEntry|toRunningAttempt))/,
  ],
  [
    'queue',
    /^node:(net|events|stream|diagnostics)|node_modules\/(bullmq|ioredis|msgpackr)|backend\/src\/(redis|tasks\/queue)\//,
  ],
];

type ProfileNode = Profiler.ProfileNode;

/**
 * Adds up the samples of a profile by part: JSON by the function that ran, the others by the file that ran or called it. What
 * is done between two turns of the event loop is `rest`. Pure.
 */
export const toCpuShares = ({ nodes, samples = [] }: Profiler.Profile): CpuShares => {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(
    nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node] as const)),
  );
  const counts: Record<CpuPart, number> = { queue: 0, statements: 0, ledger: 0, JSON: 0, rest: 0 };
  for (const id of samples) counts[toPart(byId.get(id), parents)] += 1;
  const toShare = (part: CpuPart): number => counts[part] / Math.max(1, samples.length);
  return {
    queue: toShare('queue'),
    statements: toShare('statements'),
    ledger: toShare('ledger'),
    JSON: toShare('JSON'),
    rest: toShare('rest'),
  };
};

const toPart = (leaf: ProfileNode | undefined, parents: ReadonlyMap<number, ProfileNode>): CpuPart => {
  if (leaf === undefined) return 'rest';
  const { functionName, url } = leaf.callFrame;
  if (url === '' && (functionName === 'parse' || functionName === 'stringify')) return 'JSON';
  // What is built in has no file: its caller counts.
  let node: ProfileNode | undefined = leaf;
  while (node?.callFrame.url === '') node = parents.get(node.id);
  const place = node?.callFrame.url ?? '';
  return PLACES.find(([, pattern]) => pattern.test(place))?.[0] ?? 'rest';
};
