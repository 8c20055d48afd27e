//! Words that columns of tables are called by, in English and Chinese, grouped by meaning.
//!
//! Written down from general knowledge of tables about trade, people, machines and nature, not counted in any
//! data. To extend it, add a word to the group whose meaning it has, or a line for a new meaning: the first word
//! names the group and must be new. A phrase is written with `_`. Groups that name the same `kin` are close but
//! not equal: half as similar as equal words (`mean` and `median`). English words are stemmed when the lexicon is
//! read, so that `day` covers `days`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::words::stem;

/// What part a word plays in a description; decides how much it weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// What is measured: sales, price, temperature.
    Subject,
    /// Of what: shop, item, category.
    Scope,
    /// A number made of several: mean, deviation, largest.
    Statistic,
    /// When: month, day of the week, previous.
    Time,
    /// How it is written down: logarithm, rank, code.
    Form,
}

/// A meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Group {
    /// Its name: the first of its words.
    pub(super) name: &'static str,
    /// Its part in a description.
    pub(super) role: Role,
    /// What close meanings share; empty for none.
    pub(super) kin: &'static str,
}

/// Role, kin, words.
type Line = (Role, &'static str, &'static str);

const LINES: &[Line] = &[
    // What is measured.
    (
        Role::Subject,
        "amount",
        "sales sale sold selling unit quantity qty cnt count volume demand 销量 销售量 销售 数量 件数 需求 需求量",
    ),
    (
        Role::Subject,
        "amount",
        "transactions transaction order purchase visit traffic footfall 交易 交易量 订单 客流 客流量 订单数",
    ),
    (
        Role::Subject,
        "money",
        "revenue turnover income earning salary wage gdp 销售额 营业额 收入 工资 薪水 薪资 金额",
    ),
    (Role::Subject, "money", "price cost fare fee rate_price 价格 单价 售价 成本 费用 价钱"),
    (
        Role::Subject,
        "money",
        "discount promotion promo coupon onpromotion rebate markdown 折扣 促销 优惠 打折",
    ),
    (Role::Subject, "money", "balance deposit asset capital 余额 存款 资产"),
    (Role::Subject, "money", "debt loan credit mortgage 债务 贷款 信用 欠款"),
    (Role::Subject, "money", "profit gain margin 利润 盈利 毛利"),
    (Role::Subject, "", "returns refund 退货 退款 退货量"),
    (Role::Subject, "", "stock inventory supply 库存 存货"),
    (Role::Subject, "", "oil petrol gasoline fuel 油价 石油 汽油 燃油"),
    (Role::Subject, "", "age 年龄 岁数 房龄 楼龄 车龄 工龄"),
    (Role::Subject, "person", "sex gender 性别"),
    (Role::Subject, "person", "marital married marriage 婚姻 婚姻状况"),
    (Role::Subject, "person", "education school degree grade 教育 学历 受教育程度"),
    (Role::Subject, "person", "job occupation profession work_class workclass employment 职业 工作 岗位"),
    (Role::Subject, "", "height tall 身高 高度"),
    (Role::Subject, "size", "length len 长度"),
    (Role::Subject, "size", "width breadth 宽度"),
    (Role::Subject, "size", "area size square surface floor_area 面积 大小"),
    (Role::Subject, "size", "depth thickness 深度 厚度"),
    (Role::Subject, "", "room bedroom 房间 房间数 卧室 室数"),
    (Role::Scope, "", "building house home dwelling apartment 房屋 建筑 住宅 楼房 公寓"),
    (Role::Subject, "", "weight mass 重量 质量 体重"),
    (Role::Subject, "", "temperature temp 温度 气温"),
    (Role::Subject, "", "humidity moisture 湿度"),
    (Role::Subject, "", "pressure 压力 气压 压强"),
    (Role::Subject, "", "wind 风 风速"),
    (Role::Subject, "", "rain rainfall precipitation 降雨 降水 雨量 降水量"),
    (Role::Subject, "", "speed velocity 速度"),
    (Role::Subject, "", "distance far 距离"),
    (Role::Subject, "", "power energy electricity load 电力 能量 功率 负荷 用电量"),
    (Role::Subject, "", "voltage 电压"),
    (Role::Subject, "", "current_flow 电流"),
    (Role::Subject, "place", "latitude lat 纬度"),
    (Role::Subject, "place", "longitude lon lng 经度"),
    (Role::Subject, "", "population inhabitant 人口"),
    (Role::Subject, "", "blood 血 血液"),
    (Role::Subject, "", "glucose sugar 血糖 葡萄糖"),
    (Role::Subject, "", "heart pulse 心率 心跳 脉搏"),
    (Role::Subject, "", "score rating review star 评分 得分 分数 评价"),
    (Role::Subject, "", "click view impression 点击 浏览 点击量 浏览量"),
    (Role::Subject, "", "duration elapsed 时长 持续时间"),
    // Of what.
    (Role::Scope, "seller", "shop store outlet branch market 商店 店铺 门店 商场 超市 店"),
    (
        Role::Scope,
        "seller",
        "chain company firm all_shops all_stores across_shops across_stores national_chain 连锁 公司 全部门店 所有门店 企业",
    ),
    (Role::Scope, "ware", "item product good sku article merchandise 商品 产品 货品 物品 单品"),
    (
        Role::Scope,
        "ware",
        "category department dept family class group cluster type kind 类别 品类 分类 部门 类型 种类 大类",
    ),
    (Role::Scope, "ware", "brand manufacturer make 品牌 厂商 制造商"),
    (Role::Scope, "", "customer client user consumer buyer member 客户 用户 顾客 会员 消费者"),
    (Role::Scope, "region", "city town 城市"),
    (Role::Scope, "region", "state province region county district area_code 省 省份 地区 区域 州 区"),
    (Role::Scope, "region", "country nation national 国家 全国"),
    (Role::Scope, "region", "address location street 地址 位置 地点"),
    (Role::Scope, "", "id identifier code_number index_number uid 编号 标识 序号"),
    (Role::Scope, "", "name title 名称 名字 姓名"),
    // Numbers made of several.
    (Role::Statistic, "middle", "mean average avg 平均 均值 平均值 平均数"),
    (Role::Statistic, "middle", "median 中位数 中值"),
    (Role::Statistic, "middle", "smoothed exp_smoothed exponential_smoothed ewm ewma ema 平滑 指数平滑"),
    (Role::Statistic, "middle", "sum total cumulative 总 总和 总计 合计 累计 总数 总量"),
    (
        Role::Statistic,
        "spread",
        "std deviation standard_deviation stdev sd variance var volatility 标准差 方差 波动 波动率",
    ),
    (Role::Statistic, "extreme", "max maximum highest largest peak top 最大 最大值 最高"),
    (Role::Statistic, "least", "min minimum lowest smallest 最小 最小值 最低"),
    (Role::Statistic, "", "zero closed none empty 零 关闭 空"),
    (
        Role::Statistic,
        "share",
        "share ratio proportion percent percentage fraction pct relative 占比 比例 比率 份额 百分比 相对 比",
    ),
    (
        Role::Statistic,
        "change",
        "change growth trend difference diff delta year_on_year year_over_year yoy week_over_week wow month_over_month mom 变化 增长 趋势 增长率 同比 环比 差值 差",
    ),
    (Role::Statistic, "rank", "rank position order_of 排名 名次 位次"),
    (Role::Statistic, "rank", "zscore z standardized normalised normalized 标准化"),
    // When.
    (
        Role::Time,
        "past",
        "lag previous last prior before ago past former shift 上 上一 滞后 之前 过去 前 上个 上期",
    ),
    (Role::Time, "past", "rolling moving window recent trailing 滚动 移动 近 最近"),
    (Role::Time, "past", "to_date so_far ever historical history 至今 历史 累积"),
    (Role::Time, "", "since days_since time_since first 距 距离上次 首次"),
    (Role::Time, "", "season seasonal quarter 季度 季节"),
    (Role::Time, "calendar", "month monthly 月 月份 每月"),
    (Role::Time, "calendar", "week weekly week_of_year 周 星期 每周 周数"),
    (Role::Time, "weekday", "weekday day_of_week dow same_weekday 星期几 周几 工作日"),
    (Role::Time, "weekday", "weekend is_weekend 周末"),
    (Role::Time, "calendar", "day daily date day_of_month dom 日 天 日期 每日 每天"),
    (Role::Time, "calendar", "year yearly annual 年 年份 每年"),
    (Role::Time, "clock", "hour hourly 小时 时"),
    (Role::Time, "clock", "minute 分钟"),
    (Role::Time, "clock", "second 秒"),
    (Role::Time, "clock", "time timestamp datetime 时间"),
    (Role::Time, "feast", "holiday vacation festival 假日 节假日 假期 节日"),
    (Role::Time, "feast", "event snap food_stamp payday 活动 事件 发薪日"),
    // How it is written down.
    (Role::Form, "", "log ln log1p logarithm 对数"),
    (Role::Form, "turn", "sin sine 正弦"),
    (Role::Form, "turn", "cos cosine 余弦"),
    (Role::Form, "", "code encoded label category_id 编码 代码"),
    (Role::Form, "", "is has flag indicator 是否 标志"),
    (Role::Form, "", "same each per every 同 每"),
];

/// Words of grammar, which say nothing about a column.
const EMPTY: &str = "a an the of in on at by to for from and or with within number num no value val feature column \
    col field var_name x f 的 之 在 和 与 或 值 列 字段 特征";

/// What the lexicon says of a word that it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// Its meaning.
    Meaning(Group),
    /// Grammar only.
    Nothing,
}

/// The lexicon, ready to be asked.
pub(super) struct Lexicon {
    words: BTreeMap<String, Found>,
    /// Characters of the longest Han word.
    pub(super) han_length_max: usize,
    /// Words of the longest phrase.
    pub(super) phrase_length_max: usize,
}

impl Lexicon {
    /// The one lexicon.
    pub(super) fn get() -> &'static Self {
        static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::read);
        &LEXICON
    }

    fn read() -> Self {
        let mut words = BTreeMap::new();
        for &(role, kin, line) in LINES {
            let name = line.split_whitespace().next().unwrap_or("");
            for word in line.split_whitespace() {
                words.insert(key(word), Found::Meaning(Group { name, role, kin }));
            }
        }
        for word in EMPTY.split_whitespace() {
            words.insert(key(word), Found::Nothing);
        }
        let han = words.keys().filter(|word| !word.is_ascii()).map(|word| word.chars().count()).max();
        let phrase = words.keys().map(|word| word.split('_').count()).max();
        Self { words, han_length_max: han.unwrap_or(1), phrase_length_max: phrase.unwrap_or(1) }
    }

    /// What a stemmed word or phrase means, if it is known.
    pub(super) fn look_up(&self, word: &str) -> Option<Found> {
        self.words.get(word).copied()
    }
}

fn key(word: &str) -> String {
    word.split('_').map(stem).collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_has_two_meanings() {
        let mut seen: BTreeMap<String, &str> = BTreeMap::new();
        for line in LINES.iter().map(|line| line.2).chain([EMPTY]) {
            for word in line.split_whitespace() {
                let other = seen.insert(key(word), line);
                assert!(other.is_none_or(|other| other == line), "{word}: {line} and {other:?}");
            }
        }
    }
}
