/** What settings mean. The server says it in English, with the default at the end; here it is in Chinese, by key. */
import type { Setting } from '../../api/types';
import { language } from '../../i18n';

/** Meaning, and the default where there is one. */
export const CHINESE: Record<string, [string, string]> = {
  database: ['存放学件坞数据的 PostgreSQL 数据库：postgres://用户:密码@主机/名称', '学件坞文件夹中的 dock.sqlite'],
  packages: ['存放学件包的 S3 兼容存储：s3://桶/前缀，密钥与地址由 AWS_* 变量给出', '学件坞文件夹中的 blobs'],
  cache: ['Python 环境所在的文件夹', '用户缓存目录中的 learnware'],
  code: ['是否运行 Python 模型：fenced（隔离运行）、unsafe（无法隔离时也运行）或 refuse（拒绝）', 'fenced'],
  searches: ['同时进行的搜索与打开学件包的数量', '处理器数'],
  checks: ['同时进行的检查数', '处理器数的一半'],
  try_rows: ['服务器为访问者试运行学件时的最多行数，与检查同样隔离', '不提供'],
  check_attempts: ['放弃一次检查前的尝试次数', '3'],
  check_lease_seconds: ['检查进程中断后，由其他进程接手前的秒数', '120'],
  package_bytes_max: ['一个学件包的最大字节数', '1 GiB'],
  account_versions_max: ['一个账户最多拥有的学件版本数', '2000'],
  account_bytes_max: ['一个账户的学件包总字节数上限', '100 GiB'],
  account_waiting_max: ['一个账户同时等待检查的版本数上限', '100'],
  sweep_hours: ['未使用的文件保留的小时数', '24'],
  evolve_hours: ['学件市场有变化时自动演化的间隔小时数，或 never（从不）', '24'],
  convert: ['检查之后是否将含代码的模型转写为纯数据，使其也能在浏览器中运行：yes 或 no', 'yes'],
  first_stage_from: ['成员达到多少时，由带 pgvector 的 PostgreSQL 保存该规约岛的规约并找出候选，或 never', 'never'],
  first_stage_order: ['PostgreSQL 的查找方式：flat（逐一比较，结果有证明）或 hnsw（近似索引，结果无证明）', 'flat'],
  shard: ['多台服务器中的第几台，如 2/3；每台只保存自己负责的规约岛', '全部规约岛'],
  unconfirmed_days: ['地址未确认的账户保留的天数', '14'],
  listen: ['服务器的地址与端口', '127.0.0.1:8088'],
  workers: ['服务器自身同时进行的检查数；0 表示交给 learnware worker', '1'],
  requests_per_second: ['一个令牌或地址长期每秒的请求数', '50'],
  requests_burst: ['一个令牌或地址瞬时的请求数', '300'],
  shards: ['分担规约岛的全部服务器的地址，按编号排列、以逗号分隔；对其他岛的搜索会转给它们', ''],
  logins_per_minute: ['一个地址每分钟的登录、注册与验证码次数', '10'],
  proxies: ['服务器前会追加 X-Forwarded-For 的代理数', '0'],
  metrics: ['谁可读取 /metrics：admin（管理员）或 open（所有人）', 'admin'],
  request_seconds_max: ['非流式回答超时放弃前的秒数', '60'],
  smtp: ['发送验证码邮件的服务器：smtps://用户:密码@主机:端口，或 smtp://（STARTTLS）', '无，验证码写入日志'],
  mail_from: ['邮件的发件人，如 The Dock <dock@example.org>', ''],
  address: ['用户访问学件坞的地址 https://主机，用于邮件中的链接与仅限 HTTPS 的 Cookie', '邮件中不含链接'],
  oidc: ['单点登录服务（OpenID Connect）：https://客户端:密钥@签发者；登录后返回 LEARNWARE_ADDRESS/account/oidc/return', '无'],
  oidc_label: ['单点登录按钮上的文字', 'single sign-on'],
  otlp: ['接收每个请求跟踪信息的 OpenTelemetry 收集器（HTTP），如 http://127.0.0.1:4318', '无'],
  web_dir: ['页面所在的文件夹，供修改页面者使用', '程序内置的页面'],
};

/** What a setting means, and what holds where nobody says it; null where there is no such. */
export function settingWords(setting: Setting): { meaning: string; standard: string | null } {
  const chinese = language.value() === 'zh' ? CHINESE[setting.key] : undefined;
  const [meaning, standard] = chinese ?? setting.meaning.split(/; default:? /);
  return { meaning: meaning?.replaceAll('`', '') ?? '', standard: standard || null };
}
