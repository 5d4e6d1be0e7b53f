import { describe, expect, it } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTemporaryDirectory } from '@backend/files/TemporaryDirectory';
import { createFileSync } from './FileSync';

/** A disk that is done when the test says so. */
const setup = () => {
  const begun: PromiseWithResolvers<void>[] = [];
  const done: string[] = [];
  let closedCount = 0;
  const file = createFileSync('unused', async () => ({
    datasync: () => {
      const work = Promise.withResolvers<void>();
      begun.push(work);
      return work.promise;
    },
    close: async () => {
      closedCount += 1;
    },
  }));
  const sync = (name: string): Promise<void> =>
    file.sync().then(
      () => void done.push(name),
      (error: Error) => void done.push(`${name}: ${error.message}`),
    );
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return { begun, done, file, sync, settled, closedCount: () => closedCount };
};

describe('createFileSync', () => {
  it('gives those that come while one runs the next one, which they share', async () => {
    const { begun, done, sync, settled } = setup();
    const all = [sync('first')];
    await settled();
    all.push(sync('second'), sync('third'));
    await settled();
    expect(begun.length).toBe(1);
    begun[0]?.resolve();
    await settled();
    expect([begun.length, done]).toEqual([2, ['first']]);
    begun[1]?.resolve();
    await Promise.all(all);

    expect(done).toEqual(['first', 'second', 'third']);
  });

  it('believes no sync that follows a failed one', async () => {
    const { begun, done, sync, settled } = setup();
    const all = [sync('first')];
    await settled();
    all.push(sync('second'));
    begun[0]?.reject(new Error('no such disk'));
    await settled();
    begun[1]?.resolve();
    await Promise.all([...all, sync('third')]);

    expect(done).toEqual(['first', 'second', 'third'].map((name) => `${name}: no such disk`));
  });

  it('closes the file when nothing is under way', async () => {
    const { begun, file, sync, settled, closedCount } = setup();
    const synced = sync('first');
    await settled();
    const closing = file.close();
    await settled();
    expect(closedCount()).toBe(0);
    begun[0]?.resolve();
    await Promise.all([synced, closing]);

    expect(closedCount()).toBe(1);
  });

  it('works on a real file, and may be closed twice', async () => {
    await using directory = await createTemporaryDirectory();
    const path = join(directory.path, 'a');
    await writeFile(path, 'b');
    const file = createFileSync(path);
    await file.sync();
    await file.close();
    await file.close();
  });

  it('says which file is missing', async () => {
    await using directory = await createTemporaryDirectory();
    const path = join(directory.path, 'a');

    await expect(createFileSync(path).sync()).rejects.toThrow(path);
  });
});
