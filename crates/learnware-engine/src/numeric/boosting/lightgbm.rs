//! Writes an ensemble in LightGBM's text format, so that LightGBM itself and everything that reads its
//! models can run it.

use std::fmt::Write;

use super::{Boosting, Child, Objective, Tree};

/// `decision_type` of a numeric split whose missing values are NaN; plus 2 when they go left.
const NUMERIC_NAN: u8 = 8;
const MISSING_LEFT: u8 = 2;

/// The model as LightGBM (format v4) writes it. Start scores are folded into the first round, as LightGBM
/// does. `names` are column names without spaces; missing ones become `Column_i`.
pub fn to_lightgbm_text(model: &Boosting, names: &[String]) -> String {
    let outputs = model.start.len();
    let name = |column: usize| {
        let given = names.get(column).map(|name| name.split_whitespace().collect::<Vec<_>>().join("_"));
        given.filter(|name| !name.is_empty()).unwrap_or_else(|| format!("Column_{column}"))
    };
    let objective = match model.objective {
        Objective::Squared => "regression".to_owned(),
        Objective::Binary => "binary sigmoid:1".to_owned(),
        Objective::Multiclass(classes) => format!("multiclass num_class:{classes}"),
    };
    let blocks: Vec<String> = trees_with_start(model)
        .iter()
        .enumerate()
        .map(|(index, tree)| format!("Tree={index}\n{}\n\n", tree_block(tree)))
        .collect();
    let mut text = format!(
        "tree\nversion=v4\nnum_class={outputs}\nnum_tree_per_iteration={outputs}\nlabel_index=0\n\
         max_feature_idx={}\nobjective={objective}\nfeature_names={}\nfeature_infos={}\ntree_sizes={}\n\n",
        model.columns.saturating_sub(1),
        list((0..model.columns).map(name)),
        list(model.ranges.iter().map(|(low, high)| format!("[{low}:{high}]"))),
        list(blocks.iter().map(String::len)),
    );
    for block in &blocks {
        text.push_str(block);
    }
    text.push_str("end of trees\n\nfeature_importances:\n\nparameters:\nend of parameters\n\n");
    text.push_str("pandas_categorical:null\n");
    text
}

fn trees_with_start(model: &Boosting) -> Vec<Tree> {
    let mut trees = model.trees.clone();
    if trees.is_empty() {
        let leaf = super::Leaf { value: 0.0, count: 0, weight: 0.0 };
        trees = vec![Tree { splits: Vec::new(), leaves: vec![leaf] }; model.start.len()];
    }
    for (tree, start) in trees.iter_mut().zip(&model.start) {
        tree.leaves.iter_mut().for_each(|leaf| leaf.value += start);
        tree.splits.iter_mut().for_each(|split| split.value += start);
    }
    trees
}

fn tree_block(tree: &Tree) -> String {
    let child = |child: Child| match child {
        Child::Split(index) => index.to_string(),
        // Leaves are written as ~index.
        Child::Leaf(index) => format!("-{}", index + 1),
    };
    let splits = &tree.splits;
    let kind = |missing_left: bool| NUMERIC_NAN + if missing_left { MISSING_LEFT } else { 0 };
    let mut text = String::new();
    let mut line = |key: &str, value: String| {
        // Writing to a string can't fail.
        let _ = writeln!(text, "{key}={value}");
    };
    line("num_leaves", tree.leaves.len().to_string());
    line("num_cat", "0".into());
    line("split_feature", list(splits.iter().map(|split| split.column)));
    line("split_gain", list(splits.iter().map(|split| split.gain)));
    line("threshold", list(splits.iter().map(|split| format!("{:?}", split.threshold))));
    line("decision_type", list(splits.iter().map(|split| kind(split.missing_left))));
    line("left_child", list(splits.iter().map(|split| child(split.left))));
    line("right_child", list(splits.iter().map(|split| child(split.right))));
    line("leaf_value", list(tree.leaves.iter().map(|leaf| format!("{:?}", leaf.value))));
    line("leaf_weight", list(tree.leaves.iter().map(|leaf| leaf.weight)));
    line("leaf_count", list(tree.leaves.iter().map(|leaf| leaf.count)));
    line("internal_value", list(splits.iter().map(|split| split.value)));
    line("internal_weight", list(splits.iter().map(|_| 0)));
    line("internal_count", list(splits.iter().map(|split| split.count)));
    line("is_linear", "0".into());
    line("shrinkage", "1".into());
    text
}

fn list(items: impl Iterator<Item = impl std::fmt::Display>) -> String {
    items.map(|item| item.to_string()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::BoostingParameters;
    use super::*;
    use crate::numeric::Matrix;

    #[test]
    fn the_text_has_a_block_for_each_tree_and_right_sizes() {
        let x = Matrix::new(60, 1, (0..60).map(f64::from).collect()).unwrap();
        let y: Vec<f64> = (0..60).map(|i| f64::from(i / 20)).collect();
        let parameters = BoostingParameters { rounds: 3, leaf_rows_min: 5, ..BoostingParameters::default() };
        let model = Boosting::fit(&x, &y, Objective::Multiclass(3), &parameters);
        let text = to_lightgbm_text(&model, &["a b".into()]);
        assert_eq!(text.matches("\nnum_leaves=").count(), 9);
        assert!(text.contains("feature_names=a_b\n"));
        let sizes = text.lines().find_map(|line| line.strip_prefix("tree_sizes=")).unwrap();
        let sum: usize = sizes.split(' ').map(|size| size.parse::<usize>().unwrap()).sum();
        let blocks = &text[text.find("Tree=0").unwrap()..text.find("end of trees").unwrap()];
        assert_eq!(blocks.len(), sum);
    }
}
