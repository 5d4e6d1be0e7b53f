import { describe, expect, it } from 'bun:test';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { processBatchTask } from './processBatchTask';

const items = [
  { id: 'a', text: 'abc' },
  { id: 'b', text: '' },
];

describe('processBatchTask', () => {
  it('digests the items in order, logs each, and counts them', async () => {
    const logger = getMockedLogger();
    const startTime = Date.now();
    const output = (await processBatchTask.handler({ items, startTime }, { logger }))._unsafeUnwrap();
    expect(output).toEqual({ success: true, processed: 2, duration: expect.any(Number) });
    // The SHA-256 of "abc" and of nothing: FIPS 180-2, appendix B.1, and RFC 6234.
    expect(logger.debug.mock.calls).toEqual([
      [
        'Processed item',
        { itemId: 'a', result: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' },
      ],
      [
        'Processed item',
        { itemId: 'b', result: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
      ],
    ]);
  });

  it('measures from startTime', async () => {
    const { duration } = (
      await processBatchTask.handler({ items: [], startTime: Date.now() - 5000 })
    )._unsafeUnwrap();
    expect(duration).toBeGreaterThanOrEqual(5000);
  });

  it('stops between two items when the attempt is aborted', async () => {
    const controller = new AbortController();
    const logger = getMockedLogger();
    logger.debug.mockImplementation(() => controller.abort());
    const result = await processBatchTask.handler(
      { items, startTime: 0 },
      { logger, signal: controller.signal },
    );
    expect(result._unsafeUnwrapErr()).toMatchObject({
      message: 'the batch was stopped',
      metadata: { processed: 1, total: 2 },
    });
  });

  it('refuses items without an id', () => {
    const refused = processBatchTask.validator({ items: [{ id: '', text: 'x' }], startTime: 0 });
    expect(refused._unsafeUnwrapErr().message).toContain('items[0].id');
  });
});
