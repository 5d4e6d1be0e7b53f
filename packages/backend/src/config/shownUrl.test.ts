import { describe, expect, it } from 'bun:test';
import fc from 'fast-check';
import { toShownUrl } from './shownUrl';

describe('toShownUrl', () => {
  it.each([
    ['http://localhost:80/x', '"http://localhost:80/x"'],
    ['redis://u:hunter2@host:1/0', '"redis://[redacted]@host:1/0"'],
    ['redis://u:hun@ter2@host', '"redis://[redacted]@host"'],
    ['redis://u:hunter2', '"redis://[redacted]"'],
    ['redis://host?password=hunter2', '"redis://[redacted]"'],
    ['redis://a:hunter2@h1,redis://h2:7000', '"redis://[redacted]@h1,redis://h2:7000"'],
    ['redis://h1,a:hunter2', '"redis://[redacted]"'],
    ['hunter2', 'a text of 7 characters without scheme://'],
  ])('shows %s as %s', (url, shown) => {
    expect(toShownUrl(url)).toBe(shown);
  });

  it('never shows what stands before the host', () => {
    const passwords = fc.string({ minLength: 1 }).map((text) => `hunter2${text}`);

    fc.assert(
      fc.property(passwords, (password) => !toShownUrl(`redis://u:${password}@h`).includes('hunter2')),
    );
  });
});
