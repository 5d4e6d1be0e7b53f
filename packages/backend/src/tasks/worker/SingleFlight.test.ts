import { describe, expect, it } from 'bun:test';
import { createSingleFlight } from './SingleFlight';

const setup = () => {
  const flights = createSingleFlight<string>();
  const works: PromiseWithResolvers<string>[] = [];
  const run = (key: string) =>
    flights.run(key, () => {
      const work = Promise.withResolvers<string>();
      works.push(work);
      return work.promise;
    });
  return { run, works };
};

describe('createSingleFlight', () => {
  it('runs the work of a key once, however many callers come, and the last one acts', async () => {
    const { run, works } = setup();
    const callers = [run('a'), run('a'), run('a')];
    works[0]?.resolve('done');

    expect(await Promise.all(callers)).toEqual([
      { value: 'done', isLatest: false },
      { value: 'done', isLatest: false },
      { value: 'done', isLatest: true },
    ]);
    expect(works).toHaveLength(1);
  });

  it('keeps keys apart', async () => {
    const { run, works } = setup();
    const callers = [run('a'), run('b')];
    works[1]?.resolve('b');
    works[0]?.resolve('a');

    expect(await Promise.all(callers)).toEqual([
      { value: 'a', isLatest: true },
      { value: 'b', isLatest: true },
    ]);
  });

  it('runs the work anew when the last run has ended', async () => {
    const { run, works } = setup();
    const first = run('a');
    works[0]?.resolve('first');
    await first;
    const second = run('a');
    works[1]?.resolve('second');

    expect(await second).toEqual({ value: 'second', isLatest: true });
  });

  it('lets exactly one caller act, also when one comes as the work ends', async () => {
    const { run, works } = setup();
    const early = run('a');
    works[0]?.resolve('done');
    const late = run('a');
    works[1]?.resolve('again');

    const landings = await Promise.all([early, late]);
    expect(landings.filter(({ isLatest }) => isLatest)).toHaveLength(works.length);
  });

  it('rejects for every caller and forgets the key when the work rejects', async () => {
    const { run, works } = setup();
    const callers = [run('a'), run('a')];
    works[0]?.reject(new Error('boom'));

    expect((await Promise.allSettled(callers)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    void run('a');
    expect(works).toHaveLength(2);
  });
});
