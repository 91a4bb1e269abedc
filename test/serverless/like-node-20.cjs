/** Loaded with --require: takes away what Node 20 does not have, so that packaging is tested as it runs there. */
'use strict';

const SET_METHODS = [
  'difference',
  'intersection',
  'isDisjointFrom',
  'isSubsetOf',
  'isSupersetOf',
  'symmetricDifference',
  'union',
];
const ITERATOR_METHODS = [
  'drop',
  'every',
  'filter',
  'find',
  'flatMap',
  'forEach',
  'map',
  'reduce',
  'some',
  'take',
  'toArray',
];

const missing = [
  [Map, ['groupBy']],
  [Object, ['groupBy']],
  [Promise, ['try', 'withResolvers']],
  [Array, ['fromAsync']],
  [RegExp, ['escape']],
  [Set.prototype, SET_METHODS],
  [Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())), ITERATOR_METHODS],
];
for (const [owner, names] of missing) for (const name of names) delete owner[name];
