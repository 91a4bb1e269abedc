'use strict';

/** What whoever packages has to change. The Serverless Framework prints the stack, which says nothing to that person. */
module.exports = class PackagingError extends Error {
  constructor(message) {
    super(message);
    this.name = 'PackagingError';
    this.stack = message;
  }
};
