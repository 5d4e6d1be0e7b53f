import { distance } from 'fastest-levenshtein';
import { configurationKeys } from './configurationKeys';
import { type Environment } from './EnvironmentReader';

const ownPrefix = /^(?:WORKER|TASK|REDIS|QUEUE|LEDGER|SMTP|BOARD)_/;
const maxDistance = 2;

/**
 * Finds set variables that are probably meant for Drover but are not read: a name with one of its prefixes and at
 * most two letters off a known one. One sentence for each.
 */
export const findMisspelledVariables = (environment: Environment): readonly string[] =>
  Object.keys(environment)
    .filter((name) => Boolean(environment[name]) && ownPrefix.test(name) && !isKnown(name))
    .flatMap((name) => {
      const nearest = findNearest(name);
      return nearest === undefined ? [] : [`${name} is not read: did you mean ${nearest}?`];
    });

const isKnown = (name: string): boolean => configurationKeys.some((known) => known.name === name);

const findNearest = (name: string): string | undefined =>
  configurationKeys
    .map((known) => ({ name: known.name, distance: distance(name, known.name) }))
    .filter((candidate) => candidate.distance <= maxDistance)
    .sort((one, other) => one.distance - other.distance)[0]?.name;
