import { type FaultCase } from '../FaultCase';
import { type Random } from '../Random';
import { type Fault, type LedgerSetting, type Load, type Scenario } from '../Scenario';
import { afterStartOf, anyPhase, at, delayedTasks, longTasks, ONCE, shortTasks } from './scenarioParts';

type Dialect = LedgerSetting['dialect'];

type Plan = Pick<Scenario, 'loads' | 'faults'> & Partial<Omit<Scenario, 'name' | 'seed'>>;

/** The names that people know. */
const TITLES = { sqlite: 'SQLite', postgres: 'Postgres' } as const satisfies Record<Dialect, string>;

const ledgerCase = (
  dialect: Dialect,
  { name, summary, build }: { name: string; summary: string; build(random: Random): Plan },
): FaultCase => ({
  name: `ledger-${dialect}-${name}`,
  summary: `with a ledger on ${TITLES[dialect]}: ${summary}`,
  build: (random) => {
    const { ledger, ...plan } = build(random);
    return { workerCount: 2, concurrency: 200, ledger: { dialect, ...ledger }, ...plan };
  },
});

/** Tasks that complete themselves in a transaction. */
const transactions = (count: number, spreadMs: number): Load => ({
  ...shortTasks(count, spreadMs),
  behaviour: { kind: 'transaction', ms: 100 },
});

const several = (count: number, make: (index: number) => Fault): readonly Fault[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** 1,000 tasks: 100 run for long, the others wait behind them, are put off, or are about to be tried again. */
const unfinishedTasks = (): readonly Load[] => [
  { ...shortTasks(100, 200), behaviour: { kind: 'fail', ms: 20, times: 1 }, backoffMs: 4000 },
  { ...shortTasks(100, 200), atMs: 400, behaviour: { kind: 'sleep', ms: 3000 } },
  { ...shortTasks(500, 600), atMs: 650, behaviour: { kind: 'sleep', ms: 30 } },
  { ...shortTasks(300, 600), atMs: 650, delayMs: 4000, behaviour: { kind: 'sleep', ms: 30 } },
];

const outageOf = (dialect: Dialect): readonly { readonly name: string; fault(atMs: number): Fault }[] =>
  dialect === 'sqlite'
    ? [
        {
          name: 'database-locked-10s',
          fault: (atMs) => ({ ...at(atMs), kind: 'lock-database', forMs: 10_000 }),
        },
      ]
    : [
        {
          name: 'database-suspended-10s',
          fault: (atMs) => ({ ...at(atMs), kind: 'suspend-database', forMs: 10_000 }),
        },
        {
          name: 'database-killed-10s',
          fault: (atMs) => ({ ...at(atMs), kind: 'kill-database', forMs: 10_000 }),
        },
      ];

const casesOf = (dialect: Dialect): readonly FaultCase[] => [
  ledgerCase(dialect, {
    name: 'scheduler-killed',
    summary:
      'kill -9 of the scheduling process three times, between insert and publish; a call is made every 20 ms',
    build: (random) => ({
      ledger: { dialect, scheduler: 'process', latencyMs: random.integer(30, 200) },
      loads: [shortTasks(200, 4000)],
      faults: several(3, (index) => ({
        ...at(index * 1300 + random.integer(100, 1100)),
        kind: 'kill-scheduler',
      })),
      expects: { ...ONCE, losesAnswers: true },
    }),
  }),
  ledgerCase(dialect, {
    name: 'worker-killed-before-acknowledgement',
    summary: 'kill -9 of the only worker three times, after a handler has ended and before Redis hears of it',
    build: (random) => ({
      workerCount: 1,
      loads: [shortTasks(60, 4000)],
      faults: several(3, (index) => ({
        ...at(index * 1800),
        kind: 'kill-at-completion',
        nth: random.integer(1, 10),
        restartAfterMs: random.integer(0, 200),
      })),
    }),
  }),
  ledgerCase(dialect, {
    name: 'worker-killed-after-commit',
    summary: 'kill -9 of the only worker around the commit in which handlers complete their tasks',
    build: (random) => ({
      workerCount: 1,
      loads: [transactions(60, 4000)],
      faults: [
        ...several(2, (index) => ({
          trigger: {
            ...afterStartOf(index * 30 + random.integer(3, 10), random.integer(0, 20)).trigger,
            moment: 'committed',
          },
          kind: 'kill-runner',
          restartAfterMs: random.integer(0, 200),
        })),
        {
          ...at(random.integer(1500, 2000)),
          kind: 'kill-at-completion',
          nth: random.integer(1, 5),
          restartAfterMs: 0,
        },
      ],
    }),
  }),
  ledgerCase(dialect, {
    name: 'relay-killed',
    summary:
      'kill -9 of a relay three times while it puts 500 tasks on their queue, which the scheduler could not',
    build: (random) => ({
      ledger: { dialect, scheduler: 'without-redis', hasRelay: true, latencyMs: random.integer(20, 100) },
      concurrency: 50,
      isBacklog: true,
      loads: [{ ...shortTasks(500, 2500), behaviour: { kind: 'sleep', ms: 20 } }],
      faults: several(3, (index) => ({
        ...at(500 + index * 1000 + random.integer(0, 900)),
        kind: 'kill-relay',
        nth: random.integer(1, 5),
        restartAfterMs: random.integer(0, 200),
      })),
      expects: { ...ONCE, acknowledgesFromMs: 0 },
    }),
  }),
  ledgerCase(dialect, {
    name: 'redis-flushed',
    summary: 'FLUSHALL with 1,000 tasks that wait, are put off, are to be tried again, and run',
    build: (random) => ({
      concurrency: 50,
      isBacklog: true,
      loads: unfinishedTasks(),
      faults: [{ ...at(random.integer(1500, 2500)), kind: 'flush' }],
      expects: { acknowledgesFromMs: 0 },
    }),
  }),
  ledgerCase(dialect, {
    name: 'redis-lost-its-data',
    summary: 'Redis killed and started with nothing',
    build: (random) => ({
      loads: [shortTasks(100), longTasks(), delayedTasks(3000), { ...shortTasks(10), atMs: 5000 }],
      faults: [{ ...anyPhase(random), kind: 'lose-data', downMs: random.integer(50, 600) }],
      expects: { acknowledgesFromMs: 0 },
    }),
  }),
  ledgerCase(dialect, {
    name: 'redis-gone-10s',
    summary: 'Redis killed and gone for 10 s while 500 tasks are scheduled',
    build: (random) => ({
      workerCount: 1,
      loads: [shortTasks(20, 500), { ...shortTasks(500, 8000), atMs: 1000 }, longTasks()],
      faults: [{ ...at(random.integer(300, 1000)), kind: 'kill-redis', downMs: 10_000 }],
      expects: { ...ONCE, acknowledgesFromMs: 0 },
    }),
  }),
  ...outageOf(dialect).map(({ name, fault }) =>
    ledgerCase(dialect, {
      name,
      summary: `${name.replaceAll('-', ' ')} while tasks run, and others are scheduled`,
      build: (random) => ({
        workerCount: 1,
        loads: [
          shortTasks(40, 2000),
          longTasks(),
          delayedTasks(1500),
          { ...shortTasks(30, 9000), atMs: 2500 },
          { ...shortTasks(10, 500), atMs: 13_500 },
        ],
        faults: [fault(random.integer(500, 2200))],
        expects: { ...ONCE, acknowledgesFromMs: 13_500, refusesWithoutDatabase: true },
      }),
    }),
  ),
];

/** What a ledger keeps safe, on each of its databases. */
export const ledgerCases: readonly FaultCase[] = [...casesOf('sqlite'), ...casesOf('postgres')];
