import { describe, expect, it } from 'bun:test';
import { type Fault, type Scenario } from './Scenario';
import { shrinkScenario } from './shrinkScenario';

const [kill, suspend, flush]: readonly [Fault, Fault, Fault] = [
  { trigger: { atMs: 1 }, kind: 'kill-redis', downMs: 10 },
  { trigger: { atMs: 2 }, kind: 'suspend-redis', forMs: 20 },
  { trigger: { atMs: 3 }, kind: 'flush' },
];

const scenario: Scenario = {
  name: 'mixed',
  seed: 7,
  workerCount: 2,
  concurrency: 5,
  clockAheadMs: 10,
  loads: [{ atMs: 0, count: 1, spreadMs: 0, behaviour: { kind: 'sleep', ms: 1 } }],
  faults: [kill, suspend, flush],
};

/** Fails as long as every one of some faults is there. */
const setup = (...needed: readonly Fault[]) => {
  const tried: (readonly Fault[])[] = [];
  const fails = async ({ faults }: Scenario): Promise<boolean> => {
    tried.push(faults);
    return needed.every((fault) => faults.includes(fault));
  };
  return { tried, fails };
};

describe('shrinkScenario', () => {
  it.each<[string, readonly Fault[]]>([
    ['the first fault', [kill]],
    ['the fault in the middle', [suspend]],
    ['the last fault', [flush]],
    ['two faults', [kill, flush]],
    ['no fault', []],
    ['every fault', [kill, suspend, flush]],
  ])('keeps what is needed and nothing else: %s', async (_which, needed) => {
    const { fails } = setup(...needed);

    expect(await shrinkScenario(scenario, fails)).toEqual({ ...scenario, faults: [...needed] });
  });

  it('tries once without each fault, from the smallest scenario that has failed', async () => {
    const { tried, fails } = setup(suspend);

    await shrinkScenario(scenario, fails);

    expect(tried).toEqual([[suspend, flush], [flush], [suspend]]);
  });

  it('drops one of two faults that are alike', async () => {
    const alike = { ...kill };
    const fails = async ({ faults }: Scenario): Promise<boolean> => faults.length > 0;

    const smallest = await shrinkScenario({ ...scenario, faults: [kill, alike] }, fails);

    expect(smallest).toEqual({ ...scenario, faults: [alike] });
  });

  it('answers with the scenario itself when it has no faults', async () => {
    const { tried, fails } = setup();
    const calm: Scenario = { ...scenario, faults: [] };

    expect(await shrinkScenario(calm, fails)).toEqual(calm);
    expect(tried).toEqual([]);
  });

  it('tries no further when it is over', async () => {
    const tried: number[] = [];
    const smallest = await shrinkScenario(
      scenario,
      async ({ faults }) => {
        tried.push(faults.length);
        return true;
      },
      () => tried.length === 1,
    );

    expect({ tried, left: smallest.faults.length }).toEqual({
      tried: [scenario.faults.length - 1],
      left: scenario.faults.length - 1,
    });
  });
});
