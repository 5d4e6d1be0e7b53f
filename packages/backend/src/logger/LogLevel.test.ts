import { describe, expect, it } from 'bun:test';
import { isLevelEnabled, logLevels } from './LogLevel';

describe('isLevelEnabled', () => {
  it('enables the level itself and those after it', () => {
    expect(logLevels.filter((level) => isLevelEnabled(level, 'warn'))).toEqual(['warn', 'error', 'silent']);
  });

  it('enables nothing when silent', () => {
    expect(logLevels.filter((level) => isLevelEnabled(level, 'silent'))).toEqual([]);
  });
});
