import { type FaultCase } from '../FaultCase';
import { type ReplyKind } from '../Scenario';
import { anyPhase, at, longTasks, ONCE, scenario, shortTasks } from './scenarioParts';

const lostReply = (of: ReplyKind): FaultCase => ({
  name: `lost-reply-${of}`,
  summary: `the reply of ${of === 'add' ? 'an' : 'a'} ${of} is lost with its connection`,
  build: (random) =>
    scenario(
      2,
      [shortTasks()],
      [
        { ...at(0), kind: 'lose-reply', of, nth: random.integer(1, 15) },
        { ...at(1000), kind: 'lose-reply', of, nth: random.integer(1, 10) },
      ],
      { ...ONCE, acknowledgesFromMs: 0 },
    ),
});

/** A network that loses, delays or swallows. */
export const networkCases = [
  lostReply('add'),
  lostReply('fetch'),
  lostReply('completion'),
  {
    name: 'bad-network',
    summary: '200 ms latency and 5 % of the packets reset their connection, for 5 s',
    build: () =>
      scenario(
        2,
        [shortTasks(40, 4000), longTasks()],
        [{ ...at(0), kind: 'bad-network', latencyMs: 200, resetPercent: 5, forMs: 5000 }],
      ),
  },
  {
    name: 'swallowed-idle',
    summary: 'the network swallows everything for 7 s while workers are idle',
    build: () =>
      scenario(
        2,
        [
          { ...shortTasks(10), atMs: 8000 },
          // When the silence has been noticed.
          { ...shortTasks(10), atMs: 21_000 },
        ],
        [{ ...at(300), kind: 'swallow', forMs: 7000 }],
        { ...ONCE, acknowledgesFromMs: 21_000 },
      ),
  },
  {
    name: 'swallowed-busy',
    summary: 'the network swallows everything for 7 s while tasks run',
    build: (random) =>
      scenario(
        2,
        [shortTasks(), longTasks(), { ...shortTasks(10), atMs: 8000 }],
        [{ ...anyPhase(random), kind: 'swallow', forMs: 7000 }],
      ),
  },
] satisfies readonly FaultCase[];
