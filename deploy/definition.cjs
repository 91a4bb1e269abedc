/**
 * The state machine's definition as text. The Serverless Framework leaves every `null` out of a template, and
 * `"ResultPath": null`, which keeps a state's input, is not the same as no ResultPath, which replaces it.
 */
'use strict';

module.exports = JSON.stringify(require('../statemachines/run-lifecycle.asl.json'));
