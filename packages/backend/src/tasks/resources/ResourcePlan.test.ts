import { describe, expect, it } from 'bun:test';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { type ResourceToken, showToken } from '../domain/ResourceToken';
import { defineTask } from '../domain/TaskDefinition';
import { defineResource } from './ResourceDefinition';
import { planResources } from './ResourcePlan';

const resource = (token: ResourceToken, needs: readonly ResourceToken[] = []) =>
  defineResource({ token, needs, start: () => token });

const taskThatNeeds = (resources: readonly ResourceToken[]) =>
  defineTask({
    queueName: 'emails:send',
    schema: z.object({}),
    handler: async () => ok(),
    options: { resources },
  });

const plan = (given: Partial<Parameters<typeof planResources>[0]>) =>
  planResources({ resources: [], tasks: [], isSelective: false, isProvided: () => false, ...given });

const namesOf = ({ definitions }: ReturnType<typeof planResources>): readonly string[] =>
  definitions.map(({ token }) => JSON.parse(showToken(token)));

describe('planResources', () => {
  const cache = resource('cache', ['pool', 'clock']);
  const pool = resource('pool', ['config']);
  const resources = [cache, resource('mailer'), pool, resource('clock'), resource('config')];

  it('puts each after what it needs, and otherwise keeps the order of the list', () => {
    expect(namesOf(plan({ resources }))).toEqual(['config', 'pool', 'clock', 'cache', 'mailer']);
  });

  it('leaves out what no task declares, when that is asked for', () => {
    const tasks = [taskThatNeeds(['pool'])];

    expect(namesOf(plan({ resources, tasks, isSelective: true }))).toEqual(['config', 'pool']);
    expect(namesOf(plan({ resources, tasks: [taskThatNeeds([])], isSelective: true }))).toEqual([]);
  });

  it.each<[string, Parameters<typeof plan>[0], string[]]>([
    ['no list', { resources: pool }, ['expected resources to be a list of what defineResource returns']],
    [
      'entries of another kind, and wrong ones',
      { resources: [{ token: 'pool' }, undefined, resource(''), resource('pool', ['a', 'a'])] },
      [
        'expected what defineResource returns (entry 1 of resources)',
        'expected what defineResource returns (entry 2 of resources)',
        'expected token to be a token (ResourceToken(name), a class, a symbol or a text), got "" (entry 3 of resources)',
        'expected every token once in needs, got "a" again (resource "pool")',
      ],
    ],
    [
      'a task among them',
      { resources: [taskThatNeeds([])] },
      ['expected what defineResource returns (entry 1 of resources)'],
    ],
    [
      'a token that two have',
      { resources: [resource('pool'), resource('pool')] },
      ['expected every token once in resources, got "pool" again'],
    ],
    [
      'a need that is not in the list',
      { resources: [resource('pool', ['confg']), resource('config')] },
      [
        'the resource "pool" needs the resource "confg", which is not in resources. Did you mean "config"? Known are: "pool", "config"',
      ],
    ],
    [
      'a circle',
      { resources: [resource('a', ['b']), resource('b', ['c']), resource('c', ['b'])] },
      ['expected resources without a circle of needs, got "b" -> "c" -> "b"'],
    ],
    [
      'what a task needs',
      { resources: [], tasks: [taskThatNeeds(['pool'])] },
      ['the task emails:send needs the resource "pool", which is not in resources. None is known.'],
    ],
  ])('notes %s', (_what, given, problems) => {
    expect(plan(given).problems).toEqual(problems);
  });

  it('misses nothing for a resource that is left out', () => {
    const resources = [resource('pool', ['clock']), resource('config')];
    const tasks = [taskThatNeeds(['config'])];

    expect(plan({ resources, tasks, isSelective: true })).toMatchObject({ problems: [] });
    expect(plan({ resources, tasks, isSelective: false }).problems).toHaveLength(1);
  });

  it('misses nothing that something else provides', () => {
    const tasks = [taskThatNeeds(['scheduler'])];
    const isProvided = (token: ResourceToken): boolean => token === 'scheduler';

    expect(plan({ resources: [resource('pool', ['scheduler'])], tasks, isProvided }).problems).toEqual([]);
  });
});
