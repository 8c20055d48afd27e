//! t
mod developers;
mod digits;
#[cfg(test)]
mod measure {
    use super::developers::*;
    use super::digits::*;
    use learnware_package::native;
    use learnware_package::Package;
    use learnware_engine::predictor::Batch;
    use std::time::Instant;
    #[test]
    fn measure() {
        for seed in 0..5 {
        let dealt = deal(seed).unwrap();
        let header = &dealt.header[..64];
        for (d, s) in DEVELOPERS.iter().zip(&dealt.shards) {
            let t = Instant::now();
            let zip = d.package(s, header, seed).unwrap();
            let size = zip.len();
            let dt = t.elapsed();
            let p = Package::from_bytes(zip).unwrap();
            let name = if d.learner == Learner::Logistic { "model.onnx" } else { "model.txt" };
            let bytes = p.read(name).unwrap();
            let mut m = native::load(p.format(), &bytes).unwrap();
            let v = m.predict(&Batch::Table(dealt.task.pixels.clone())).unwrap().values;
            let right = (0..300).filter(|&r| { let row = v.row(r); (0..10).max_by(|&a,&b| row[a].total_cmp(&row[b])).unwrap() == dealt.task.digits[r]}).count();
            println!("{seed} {} {dt:?} {size} {:.3}", d.title(), right as f64/300.0);
        }
        }
    }
}
