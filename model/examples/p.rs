use kube::CustomResourceExt;
fn main(){ println!("{}", serde_saphyr::to_string(&directconnect_model::api::Connection::crd()).unwrap()); println!("{}", serde_saphyr::to_string(&directconnect_model::api::AwsAccount::crd()).unwrap());}
