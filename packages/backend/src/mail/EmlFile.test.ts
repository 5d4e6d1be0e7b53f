import { describe, expect, it } from 'bun:test';
import { toEmlFileName } from './EmlFile';

const cases: [content: string, name: string][] = [
  ['Subject: Hi\r\nMessage-ID: <task-1@example.test>\r\n\r\nHi', 'task-1@example.test.eml'],
  ['Message-Id:\r\n <task-1@example.test>\r\n\r\nHi', 'task-1@example.test.eml'],
  ['Subject: Hi\r\n\r\nMessage-ID: <body@example.test>', 'fallback.eml'],
  ['Message-ID: <../../etc/passwd>\r\n\r\nHi', 'fallback.eml'],
  ['Message-ID: <a/b@example.test>\r\n\r\nHi', 'fallback.eml'],
  ['Message-ID: <>\r\n\r\nHi', 'fallback.eml'],
  ['', 'fallback.eml'],
];

describe('toEmlFileName', () => {
  it.each(cases)('names %j %s', (content, name) => {
    expect(toEmlFileName(Buffer.from(content), 'fallback')).toBe(name);
  });
});
