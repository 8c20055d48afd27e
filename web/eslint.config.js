import hooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist', 'e2e/out', 'src/api/schema.ts', 'src/wasm', 'node_modules'] },
  ...tseslint.configs.recommended,
  {
    files: ['src/**/*.{ts,tsx}'],
    plugins: { 'react-hooks': hooks },
    rules: {
      'react-hooks/rules-of-hooks': 'error',
      'react-hooks/exhaustive-deps': 'error',
      'no-restricted-properties': ['error', { property: 'innerHTML', message: 'Markup of others must stay text.' }],
      'no-eval': 'error',
      eqeqeq: ['error', 'always'],
      'max-lines': ['error', { max: 400 }],
    },
  },
);
