import { describe, expect, it } from 'bun:test';
import { type CancelRequest } from '../domain/CancelRequest';
import { createCancellation } from './Cancellation';

const request: CancelRequest = { requestedAt: new Date(0), reason: 'no longer wanted' };

describe('createCancellation', () => {
  it('knows of nothing at first', () => {
    expect(createCancellation().request).toBe(undefined);
  });

  it('tells whoever listens, and whoever listens later, of the first request alone', () => {
    const cancellation = createCancellation();
    const heard: unknown[] = [];
    cancellation.onRequest(({ reason }) => heard.push(['early', reason]));
    cancellation.hear(request);
    cancellation.hear({ requestedAt: new Date(1), reason: 'another reason' });
    cancellation.onRequest(({ reason }) => heard.push(['late', reason]));

    expect(heard).toEqual([
      ['early', 'no longer wanted'],
      ['late', 'no longer wanted'],
    ]);
    expect(cancellation.request).toBe(request);
  });

  it('tells nobody who listens no more', () => {
    const cancellation = createCancellation();
    const heard: unknown[] = [];
    cancellation.onRequest((each) => heard.push(each))();
    cancellation.hear(request);

    expect(heard).toEqual([]);
  });
});
