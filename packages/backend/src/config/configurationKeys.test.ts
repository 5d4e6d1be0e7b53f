import { describe, expect, it } from 'bun:test';
import { fileURLToPath } from 'node:url';
import { type ConfigurationKey, configurationKeys } from './configurationKeys';

const header = `# Drover's configuration. Copy to .env and change what you need; every line shows the default.
# Generated from packages/backend/src/config/configurationKeys.ts (a test compares them).
`;

const toEntry = ({ name, unit, default: value, meaning }: ConfigurationKey): string => {
  const assignment = `${name}=${value.includes(' ') ? `"${value}"` : value}`;
  return `# ${meaning} [${unit}]\n${value === '' ? '# ' : ''}${assignment}\n`;
};

describe('configurationKeys', () => {
  it('is what .env.example lists, in the same order and with the same defaults', async () => {
    const example = Bun.file(fileURLToPath(new URL('../../../../.env.example', import.meta.url)));

    expect(await example.text()).toBe([header, ...configurationKeys.map(toEntry)].join('\n'));
  });

  it('is frozen and names each variable once', () => {
    const names = configurationKeys.map(({ name }) => name);

    expect(new Set<string>(names).size).toBe(names.length);
    expect([configurationKeys, ...configurationKeys].every(Object.isFrozen)).toBe(true);
  });
});
