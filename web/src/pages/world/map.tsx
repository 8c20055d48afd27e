/** The map: pan by dragging or arrow keys, zoom by wheel, pinch, keys or buttons, pick by click. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { number, t, vocabulary } from '../../i18n';
import { islandName } from '../../lib/island';
import { useStore } from '../../lib/store';
import { theme } from '../../state/theme';
import { Icon } from '../../ui/icons';
import { useName } from './names';
import { Nearby, Painter, type ColouredBy } from './points';
import { toScreen, toWorld, WHOLE, ZOOM_MAX, type View, type World } from './types';

/** Milliseconds of rest before a name is asked for. */
const NAME_AFTER_MS = 200;

interface Props {
  world: World;
  flag: { x: number; y: number; words: string } | null;
  focus: { island: number } | null;
  onPick: (place: number) => void;
  picked: number | null;
  by: ColouredBy;
}

export function WorldMap({ world, flag, focus, onPick, picked, by }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const points = useRef<HTMLCanvasElement>(null);
  const marks = useRef<HTMLCanvasElement>(null);
  const paint = useRef<Painter | null>(null);
  const view = useRef<View>(WHOLE);
  const frame = useRef(0);
  const [hover, setHover] = useState<{ place: number; x: number; y: number } | null>(null);
  const [isMoved, setMoved] = useState(false);
  const nearby = useMemo(() => new Nearby(world), [world]);
  const chosen = useStore(theme);

  const draw = useCallback(() => {
    frame.current = 0;
    const [area, top, below] = [box.current, marks.current, points.current];
    if (!area || !top || !below || !paint.current) return;
    const { clientWidth: width, clientHeight: height } = area;
    const ratio = Math.min(2, devicePixelRatio || 1);
    for (const canvas of [top, below]) {
      if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
      if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
    }
    const style = getComputedStyle(document.documentElement);
    const colours = Array.from({ length: 10 }, (_, place) => style.getPropertyValue(`--c${place}`).trim());
    paint.current.draw(view.current, width, height, ratio, colours);
    drawMarks(top, world, view.current, width, height, ratio, style, flag, picked);
  }, [world, flag, picked]);

  const redraw = useCallback(() => {
    if (frame.current === 0) frame.current = requestAnimationFrame(draw);
  }, [draw]);

  const move = useCallback((next: View) => {
    const zoom = Math.max(0.8, Math.min(ZOOM_MAX, next.zoom));
    view.current = { zoom, x: Math.max(-0.1, Math.min(1.1, next.x)), y: Math.max(-0.1, Math.min(1.1, next.y)) };
    setMoved(zoom !== 1 || next.x !== 0.5 || next.y !== 0.5);
    redraw();
  }, [redraw]);

  useEffect(() => {
    if (points.current) paint.current = new Painter(points.current, world, by);
    redraw();
  }, [world, by, redraw]);
  useEffect(() => {
    redraw();
    const watch = new ResizeObserver(redraw);
    if (box.current) watch.observe(box.current);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', redraw);
    return () => {
      watch.disconnect();
      dark.removeEventListener('change', redraw);
      cancelAnimationFrame(frame.current);
      frame.current = 0;
    };
  }, [redraw, chosen]);
  useEffect(() => {
    const island = focus ? world.islands[focus.island] : undefined;
    if (island) move({ x: island.x, y: island.y, zoom: Math.min(ZOOM_MAX, 0.42 / Math.max(0.002, island.radius)) });
  }, [focus, world, move]);

  const zoomBy = (factor: number) => move({ ...view.current, zoom: view.current.zoom * factor });
  useGestures(box, view, move, (x, y, isClick) => {
    const area = box.current;
    if (!area) return;
    const [wx, wy] = toWorld(view.current, area.clientWidth, area.clientHeight, x, y);
    const [fx] = toWorld(view.current, area.clientWidth, area.clientHeight, x + 10, y);
    const place = nearby.find(wx, wy, fx - wx);
    if (isClick && place >= 0) onPick(place);
    setHover(place >= 0 ? { place, x, y } : null);
  });

  const keys = (event: React.KeyboardEvent) => {
    const step = 0.08 / view.current.zoom;
    const moves: Record<string, () => void> = {
      ArrowLeft: () => move({ ...view.current, x: view.current.x - step }),
      ArrowRight: () => move({ ...view.current, x: view.current.x + step }),
      ArrowUp: () => move({ ...view.current, y: view.current.y - step }),
      ArrowDown: () => move({ ...view.current, y: view.current.y + step }),
      '+': () => zoomBy(1.4), '=': () => zoomBy(1.4), '-': () => zoomBy(1 / 1.4), '0': () => move(WHOLE),
    };
    if (moves[event.key]) {
      event.preventDefault();
      moves[event.key]!();
    }
  };
  return (
    <div className="world-map" ref={box} tabIndex={0} role="application" aria-label={t('world.label', { n: world.learnwares.ids.length, islands: world.islands.length })} onKeyDown={keys}>
      <canvas ref={points} aria-hidden="true" />
      <canvas ref={marks} aria-hidden="true" />
      {hover ? <div className="world-tip" style={{ left: hover.x + 12, top: hover.y + 12 }}><Tip world={world} place={hover.place} /></div> : null}
      <div className="world-tools">
        <button type="button" className="button small icon" aria-label={t('world.in')} onClick={() => zoomBy(1.6)}><Icon name="plus" /></button>
        <button type="button" className="button small icon" aria-label={t('world.out')} onClick={() => zoomBy(1 / 1.6)}><Icon name="minus" /></button>
        {isMoved ? <button type="button" className="button small" onClick={() => move(WHOLE)}>{t('world.whole')}</button> : null}
      </div>
      <div className="world-scale small faint">{t('world.points', { n: number(world.learnwares.ids.length) })}</div>
    </div>
  );
}

/** What a point is. Names are fetched one by one, when somebody rests on one: a hundred thousand would be megabytes. */
function Tip({ world, place }: { world: World; place: number }) {
  const id = world.learnwares.ids[place] ?? '';
  const [asked, setAsked] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setAsked(id), NAME_AFTER_MS);
    return () => clearTimeout(timer);
  }, [id]);
  const name = useName(asked === id ? id : null);
  const task = world.learnwares.task_words[world.learnwares.tasks[place] ?? 0];
  return <>{name ?? id}<div className="small faint">{[task ? vocabulary('task', task) : '', nameOf(world, world.learnwares.islands[place] ?? 0)].filter(Boolean).join(', ')}</div></>;
}

/** Islands, bridges, names, the own task and what was picked: few, so on a plain canvas above the points. */
function drawMarks(canvas: HTMLCanvasElement, world: World, view: View, width: number, height: number, ratio: number, style: CSSStyleDeclaration, flag: Props['flag'], picked: number | null): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const colour = (name: string) => style.getPropertyValue(name).trim();
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const at = (x: number, y: number) => toScreen(view, width, height, x, y);
  context.strokeStyle = colour('--line-strong');
  for (const bridge of world.bridges) {
    const [one, other] = [world.islands[bridge.from], world.islands[bridge.to]];
    if (!one || !other) continue;
    const strength = Math.min(1, bridge.learnwares / Math.max(1, Math.min(one.learnwares, other.learnwares)));
    context.globalAlpha = 0.35 + 0.6 * strength;
    context.lineWidth = 1 + 3 * strength;
    context.beginPath();
    context.moveTo(...at(one.x, one.y));
    context.lineTo(...at(other.x, other.y));
    context.stroke();
  }
  context.font = '13px system-ui, sans-serif';
  context.textAlign = 'center';
  const taken: { left: number; right: number; top: number }[] = [];
  world.islands.forEach((island, place) => {
    const [x, y] = at(island.x, island.y);
    const radius = at(island.x + island.radius, island.y)[0] - x;
    if (x < -radius || y < -radius || x > width + radius || y > height + radius) return;
    context.globalAlpha = 0.55;
    context.strokeStyle = colour(`--c${place % 10}`);
    context.lineWidth = 1.2;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.stroke();
    context.globalAlpha = 1;
    if (radius < 26) return;
    context.lineWidth = 3;
    context.strokeStyle = colour('--paper');
    context.fillStyle = colour('--ink');
    const above = y - radius - 6;
    if (above < 12 || above > height) return;
    // Names that would hide each other are left out; larger islands come first.
    const name = islandName(island.island, island.name);
    const half = context.measureText(name).width / 2 + 4;
    if (taken.some((other) => Math.abs(other.top - above) < 16 && other.left < x + half && other.right > x - half)) return;
    taken.push({ left: x - half, right: x + half, top: above });
    context.strokeText(name, x, above);
    context.fillText(name, x, above);
  });
  const ring = (x: number, y: number, name: string) => {
    context.lineWidth = 2.5;
    context.strokeStyle = colour(name);
    context.beginPath();
    context.arc(x, y, 10, 0, 2 * Math.PI);
    context.stroke();
  };
  if (picked !== null) ring(...at(world.learnwares.x[picked] ?? 0, world.learnwares.y[picked] ?? 0), '--ink');
  if (!flag) return;
  const [x, y] = at(flag.x, flag.y);
  context.fillStyle = colour('--bad');
  context.strokeStyle = colour('--bad');
  context.lineWidth = 2;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x, y - 26);
  context.stroke();
  context.fillRect(x, y - 26, 17, 11);
  context.lineWidth = 3;
  context.strokeStyle = colour('--paper');
  context.fillStyle = colour('--ink');
  context.strokeText(flag.words, x, y + 17);
  context.fillText(flag.words, x, y + 17);
}

/** Dragging, pinching, the wheel and clicks, told in pixels of the box. */
function useGestures(box: React.RefObject<HTMLDivElement | null>, view: React.RefObject<View>, move: (view: View) => void, onPoint: (x: number, y: number, isClick: boolean) => void) {
  const point = useRef(onPoint);
  useEffect(() => {
    point.current = onPoint;
  });
  useEffect(() => {
    const area = box.current;
    if (!area) return;
    const fingers = new Map<number, [number, number]>();
    let travelled = 0;
    const place = (event: PointerEvent | WheelEvent): [number, number] => {
      const edge = area.getBoundingClientRect();
      return [event.clientX - edge.left, event.clientY - edge.top];
    };
    const scaled = (zoom: number, [x, y]: [number, number]) => {
      const next = Math.max(0.8, Math.min(ZOOM_MAX, zoom));
      const [wx, wy] = toWorld(view.current, area.clientWidth, area.clientHeight, x, y);
      const ratio = view.current.zoom / next;
      move({ zoom: next, x: wx + (view.current.x - wx) * ratio, y: wy + (view.current.y - wy) * ratio });
    };
    const down = (event: PointerEvent) => {
      if ((event.target as Element).closest('button')) return;
      area.setPointerCapture(event.pointerId);
      fingers.set(event.pointerId, place(event));
      travelled = 0;
    };
    const drag = (event: PointerEvent) => {
      const now = place(event);
      const before = fingers.get(event.pointerId);
      if (!before) return point.current(...now, false);
      const [wx, wy] = toWorld(view.current, area.clientWidth, area.clientHeight, ...before);
      const [nx, ny] = toWorld(view.current, area.clientWidth, area.clientHeight, ...now);
      travelled += Math.abs(now[0] - before[0]) + Math.abs(now[1] - before[1]);
      const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
      fingers.set(event.pointerId, now);
      if (other) {
        const apart = (one: [number, number]) => Math.hypot(one[0] - other[0], one[1] - other[1]) || 1;
        scaled(view.current.zoom * (apart(now) / apart(before)), [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2]);
      } else move({ ...view.current, x: view.current.x + wx - nx, y: view.current.y + wy - ny });
    };
    const up = (event: PointerEvent) => {
      if (fingers.delete(event.pointerId) && travelled < 5) point.current(...place(event), true);
    };
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      scaled(view.current.zoom * Math.exp(-event.deltaY * 0.0015), place(event));
    };
    area.addEventListener('pointerdown', down);
    area.addEventListener('pointermove', drag);
    area.addEventListener('pointerup', up);
    area.addEventListener('pointercancel', up);
    area.addEventListener('wheel', wheel, { passive: false });
    return () => {
      area.removeEventListener('pointerdown', down);
      area.removeEventListener('pointermove', drag);
      area.removeEventListener('pointerup', up);
      area.removeEventListener('pointercancel', up);
      area.removeEventListener('wheel', wheel);
    };
  }, [box, view, move]);
}

function nameOf(world: World, place: number): string {
  const island = world.islands[place];
  return islandName(island?.island, island?.name);
}
