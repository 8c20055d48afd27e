// Before the first paint: the theme and the language that were chosen here.
try {
  var theme = localStorage.getItem('learnware.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  var language = localStorage.getItem('learnware.language');
  if (language === 'zh') document.documentElement.lang = 'zh-Hans';
} catch {
  // Storage is refused: the system's theme it is.
}
