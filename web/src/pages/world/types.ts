/** The specification world, as the server draws it: coordinates from 0 to 1. */
import type { WorldMap } from '../../api/types';

export type World = WorldMap;

/** What is seen: the middle and how many times the whole is enlarged. */
export interface View {
  x: number;
  y: number;
  zoom: number;
}

export const WHOLE: View = { x: 0.5, y: 0.5, zoom: 1 };
export const ZOOM_MAX = 400;

/** Pixels of the world's side at zoom 1. */
export const side = (width: number, height: number) => Math.min(width, height) * 0.94;

export function toScreen(view: View, width: number, height: number, x: number, y: number): [number, number] {
  const scale = side(width, height) * view.zoom;
  return [width / 2 + (x - view.x) * scale, height / 2 + (y - view.y) * scale];
}

export function toWorld(view: View, width: number, height: number, px: number, py: number): [number, number] {
  const scale = side(width, height) * view.zoom;
  return [view.x + (px - width / 2) / scale, view.y + (py - height / 2) / scale];
}
