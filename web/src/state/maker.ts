/** The maker of specifications, one for the page, loaded when data is first given. */
import type { SpecificationMaker } from '../wasm';

let maker: Promise<SpecificationMaker> | null = null;

export function theMaker(): Promise<SpecificationMaker> {
  maker ??= import('../wasm').then((module) => new module.SpecificationMaker());
  return maker;
}
