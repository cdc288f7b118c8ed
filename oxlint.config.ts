import { defineConfig } from 'oxlint'
import { boundaryOverrides } from './infra/toolchain/boundary-rules.ts'

export default defineConfig({
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'promise', 'node'],
  categories: { correctness: 'error', suspicious: 'error', perf: 'warn' },
  options: { typeAware: true },
  rules: {
    'no-console': 'error',
    'node/no-process-env': 'error',
    'no-await-in-loop': 'off',
    'max-params': ['error', { max: 4 }],
    'import/no-cycle': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-non-null-assertion': 'error',
    'typescript/switch-exhaustiveness-check': 'error',
    // The compiler's noImplicitReturns knows exhaustive switches; this rule does not.
    'typescript/consistent-return': 'off',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/return-await': ['error', 'always'],
    'typescript/consistent-type-imports': 'error',
    'typescript/no-unsafe-type-assertion': 'off',
    'unicorn/no-array-sort': 'off',
    'unicorn/consistent-function-scoping': 'off',
    'no-underscore-dangle': 'off',
    'no-shadow': 'off',
  },
  overrides: [
    ...boundaryOverrides,
    // A policy rule says `when` and `then`.
    {
      files: ['packages/router/**', '{packages/engine,packages/tools,apps/orchestrator}/test/**'],
      rules: { 'unicorn/no-thenable': 'off' },
    },
  ],
  ignorePatterns: ['**/dist/**', '**/fixtures/**'],
})
