/** Icons drawn here, 20 x 20, in the colour of the text. They never stand alone: a label is beside or on the button. */
const paths = {
  search: 'M9 3.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11Zm4 9.5 4 4',
  upload: 'M10 13V3.5m0 0L6.5 7M10 3.5 13.5 7M4 13v3.5h12V13',
  download: 'M10 3.5V13m0 0 3.5-3.5M10 13 6.5 9.5M4 14v2.5h12V14',
  user: 'M10 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6Zm-6 7c.6-3 3-4.5 6-4.5s5.4 1.5 6 4.5',
  menu: 'M3.5 5.5h13M3.5 10h13M3.5 14.5h13',
  close: 'm5 5 10 10M15 5 5 15',
  sun: 'M10 6.8a3.2 3.2 0 1 0 0 6.4 3.2 3.2 0 0 0 0-6.4ZM10 2v2m0 12v2M2 10h2m12 0h2M4.4 4.4l1.4 1.4m8.4 8.4 1.4 1.4m0-11.2-1.4 1.4m-8.4 8.4-1.4 1.4',
  moon: 'M16 12.2A6.6 6.6 0 0 1 7.8 4a6.6 6.6 0 1 0 8.2 8.2Z',
  screen: 'M3 4.5h14v9H3zM7.5 16.5h5M10 13.5v3',
  language: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14Zm-7 7h14M10 3c4 4 4 10 0 14-4-4-4-10 0-14Z',
  check: 'm4.5 10.5 3.5 3.5 7.5-8',
  warning: 'M10 3.5 2.8 16h14.4L10 3.5ZM10 8.5v3.2m0 2.2v.1',
  error: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14Zm0 3.8v4.2m0 2.3v.1',
  info: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14Zm0 6v4.4M10 6.5v.1',
  copy: 'M7.5 7.5h8v8h-8zM12.5 7V4.5h-8v8H7',
  file: 'M5.5 3h6l3.5 3.5V17h-9.500zM11.500 3v3.500H15',
  table: 'M3.5 4.500h13v11h-13zM3.500 8.200h13M8 4.500v11',
  image: 'M3.500 4.500h13v11h-13zM3.500 13l3.600-3.600 3 3 2.400-2.400 4 4M12.600 7.400v.1',
  text: 'M4 5.500h12M4 9h12M4 12.500h8',
  shield: 'M10 3 4 5v4.600c0 3.600 2.500 6.300 6 7.400 3.500-1.100 6-3.800 6-7.400V5l-6-2Z',
  code: 'm7 6-4 4 4 4m6-8 4 4-4 4',
  link: 'M8.500 11.500a3 3 0 0 0 4.300 0l2.400-2.400a3 3 0 0 0-4.300-4.300l-1 1m1.600 2.700a3 3 0 0 0-4.300 0l-2.400 2.400a3 3 0 0 0 4.300 4.300l1-1',
  trash: 'M4 5.500h12M8 5.500V4h4v1.500M5.500 5.500l.7 11h7.600l.7-11',
  plus: 'M10 4v12M4 10h12',
  minus: 'M4 10h12',
  right: 'm7.500 4.500 5.500 5.500-5.500 5.500',
  clock: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14Zm0 3.500V10l2.500 2',
  play: 'M6.500 4.500v11l9-5.500-9-5.500Z',
  refresh: 'M15.500 8A6 6 0 1 0 16 11.500M16 4v4h-4',
  globe: 'M5 6.500a3 3 0 1 0 6 0 3 3 0 0 0-6 0Zm7 7a2.500 2.500 0 1 0 5 0 2.500 2.500 0 0 0-5 0Zm-9 1.500a2 2 0 1 0 4 0 2 2 0 0 0-4 0Zm7-6.500 2.500 3',
  lock: 'M5 9h10v7.500H5zM7 9V6.500a3 3 0 0 1 6 0V9',
  eye: 'M2.500 10S5 5 10 5s7.500 5 7.500 5-2.500 5-7.500 5-7.500-5-7.500-5Zm7.500-2.200a2.200 2.200 0 1 0 0 4.400 2.200 2.200 0 0 0 0-4.400Z',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={paths[name]} fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}

export function Logo() {
  return (
    <svg width="26" height="26" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <circle cx="12" cy="13" r="8.500" fill="none" stroke="currentColor" strokeWidth="2.500" />
      <circle cx="20" cy="19" r="8.500" fill="currentColor" fillOpacity=".25" stroke="currentColor" strokeWidth="2.500" />
    </svg>
  );
}
